// SPDX-License-Identifier: Apache-2.0
#include "milter/daemon/callbacks.hpp"

#include "config/settings.hpp"
#include "core/text.hpp"
#include "flow/snapshot.hpp"
#include "mail/ip_address.hpp"
#include "mail/smtp_reply.hpp"
#include "milter/session/mta_actions.hpp"
#include "milter/session/mta_facts.hpp"
#include "milter/session/sendmail_arguments.hpp"
#include "milter/session/session.hpp"
#include "ports/log.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <functional>
#include <memory>
#include <netinet/in.h>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <libmilter/mfapi.h>

namespace holdback::milter::daemon {

namespace {

/// The values that all callbacks reach: set before smfi_main, reset after it.
struct Shared {
    const session::Session::Parts* parts;
    MilterCounters* counters;
};
// libmilter's callbacks have no user data before the connection has some. Null after the milter has
// ended: threads of libmilter may still call, and find nothing to do.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
std::atomic<const Shared*> shared{nullptr};
/// Threads of libmilter may still wait for it after everything else is gone.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
std::atomic<bool> holding{false};

/// Counts the message that begins, after its wait.
void wait_while_held(MilterCounters& counters) {
    constexpr std::chrono::milliseconds kStep{2};
    while (true) {
        while (holding.load()) {
            std::this_thread::sleep_for(kStep);
        }
        counters.messages_in_flight.fetch_add(1);
        if (!holding.load()) {
            return;
        }
        counters.messages_in_flight.fetch_sub(1);
    }
}

/// What was agreed with the MTA; a step that is named here gets no reply.
struct Agreed {
    bool leading_space = false;
    bool connect = false;
    bool mail = false;
    bool header = false;
    bool rcpt = false;
    bool skip = false;  ///< the rest of a body may be declined
};

/// Our data of one connection, which libmilter keeps.
struct Connection {
    explicit Connection(Agreed steps)
        : agreed(steps),
          session(*shared.load()->parts,
                  fmt::format("{:x}", shared.load()->counters->connections.fetch_add(1) + 1),
                  steps.leading_space ? session::HeaderValues::Exact
                                      : session::HeaderValues::Stripped) {
        shared.load()->counters->connections_before_mail.fetch_add(1);
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    Connection(Connection&&) = delete;
    Connection& operator=(Connection&&) = delete;
    ~Connection() {
        message_ended();
        mail_has_come();
    }

    void message_begun() {
        message_ended();
        wait_while_held(*shared.load()->counters);
        in_flight = true;
        mail_has_come();
        shared.load()->counters->messages.fetch_add(1);
    }
    void message_ended() {
        if (std::exchange(in_flight, false)) {
            shared.load()->counters->messages_in_flight.fetch_sub(1);
        }
    }

    /// A message has begun on this connection.
    void mail_has_come() {
        if (std::exchange(before_mail, false)) {
            shared.load()->counters->connections_before_mail.fetch_sub(1);
        }
    }

    Agreed agreed;
    session::Session session;
    bool in_flight = false;
    bool before_mail = true;
    bool forgets_arguments = false;  ///< the MTA forgets MAIL arguments when the sender is set
    std::string arguments;           ///< those that it would forget; each with a space after it
};

Connection* connection_of(SMFICTX* context) {
    return static_cast<Connection*>(smfi_getpriv(context));
}

std::string macro(SMFICTX* context, const char* name) {
    // libmilter takes the name as char*, and does not write to it.
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
    const char* value = smfi_getsymval(context, const_cast<char*>(name));
    return value == nullptr ? std::string() : std::string(value);
}

/// An `argv` of libmilter: the path, then ESMTP arguments, up to a null pointer.
std::vector<std::string> arguments_of(char** argv) {
    std::vector<std::string> arguments;
    for (std::size_t i = 1; argv[0] != nullptr && argv[i] != nullptr; ++i) {
        arguments.emplace_back(argv[i]);
    }
    return arguments;
}

std::optional<mail::IpAddress> address_of(const _SOCK_ADDR* address) {
    if (address == nullptr) {
        return std::nullopt;
    }
    // The address is of the family that it states.
    // NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast)
    if (address->sa_family == AF_INET) {
        std::array<std::uint8_t, 4> octets{};
        std::memcpy(
            octets.data(), &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, octets.size());
        return mail::IpAddress::from_v4(octets);
    }
    if (address->sa_family == AF_INET6) {
        std::array<std::uint8_t, 16> octets{};
        std::memcpy(octets.data(),
                    &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr,
                    octets.size());
        return mail::IpAddress::from_v6(octets);
    }
    // NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast)
    return std::nullopt;
}

/// The client's name if the MTA has verified it. Postfix gives the address in brackets otherwise;
/// Sendmail says so in {client_resolve}.
std::string verified_name(std::string_view host, std::string_view resolved) {
    const bool vouched = !host.starts_with('[') && (resolved.empty() || resolved == "OK");
    return vouched ? std::string(host) : std::string();
}

std::string doubled_percent(std::string_view text) {
    std::string doubled;
    for (const char c : text) {
        doubled += c;
        if (c == '%') {
            doubled += c;
        }
    }
    return doubled;
}

/// Sets the reply text and gives the status that belongs to its class.
sfsistat answer(SMFICTX* context, const mail::SmtpReply& reply) {
    constexpr std::size_t kMostText = 400;
    std::string code = fmt::format("{}", reply.code());
    const auto& enhanced = reply.status();
    std::string status = enhanced.has_value() ? enhanced->text() : "";
    std::string text = doubled_percent(std::string_view(reply.text()).substr(0, kMostText));
    const int set =
        smfi_setreply(context, code.data(), status.empty() ? nullptr : status.data(), text.data());
    if (set != MI_SUCCESS) {
        shared.load()->parts->log.write(
            ports::Severity::Warning,
            fmt::format("the MTA library did not take the reply {}", core::log_safe(reply.line())));
    }
    return reply.is_transient() ? SMFIS_TEMPFAIL : SMFIS_REJECT;
}

sfsistat status_for(SMFICTX* context,
                    const Connection& connection,
                    const session::SessionReply& reply) {
    if (const auto* with = std::get_if<session::Answer>(&reply)) {
        return answer(context, with->reply);
    }
    if (std::holds_alternative<session::Accept>(reply)) {
        return SMFIS_ACCEPT;
    }
    if (std::holds_alternative<session::Discard>(reply)) {
        return SMFIS_DISCARD;
    }
    if (std::holds_alternative<session::SkipBody>(reply)) {
        return connection.agreed.skip ? SMFIS_SKIP : SMFIS_CONTINUE;
    }
    return SMFIS_CONTINUE;
}

/// Runs the work of one callback. No exception leaves it: it is logged, and the reply follows the
/// settings for internal errors.
template <typename Work>
sfsistat guarded(SMFICTX* context, Work&& work) noexcept {
    Connection* connection = connection_of(context);
    if (connection == nullptr || shared.load() == nullptr) {
        return SMFIS_ACCEPT;
    }
    try {
        try {
            return std::forward<Work>(work)(*connection);
        } catch (const std::exception& error) {
            shared.load()->counters->internal_errors.fetch_add(1);
            shared.load()->parts->log.write(
                ports::Severity::Error,
                fmt::format("internal error: {}", core::log_safe(error.what())));
        }
        connection->message_ended();
        return status_for(context, *connection, connection->session.after_internal_error());
    } catch (...) {
        return SMFIS_ACCEPT;
    }
}

/// Makes the changes at the end of a message through libmilter.
class ContextActions final : public session::MtaActions {
public:
    ContextActions(SMFICTX* context, const Connection& connection)
        : context_(context), connection_(connection) {}

    bool delete_recipient(std::string_view verbatim) override {
        std::string argument(verbatim);
        return smfi_delrcpt(context_, argument.data()) == MI_SUCCESS;
    }
    bool add_header(std::string_view name, std::string_view value) override {
        std::string field(name);
        std::string text = spaced(value);
        return smfi_addheader(context_, field.data(), text.data()) == MI_SUCCESS;
    }
    bool insert_header(std::string_view name, std::string_view value) override {
        std::string field(name);
        std::string text = spaced(value);
        return smfi_insheader(context_, 0, field.data(), text.data()) == MI_SUCCESS;
    }
    bool remove_header(std::string_view name, int occurrence) override {
        std::string field(name);
        return smfi_chgheader(context_, field.data(), occurrence, nullptr) == MI_SUCCESS;
    }
    bool set_envelope_id(std::string_view sender, std::string_view id) override {
        std::string path(sender);
        std::string argument = fmt::format("{}ENVID={}", connection_.arguments, id);
        return smfi_chgfrom(context_, path.data(), argument.data()) == MI_SUCCESS;
    }
    void progress() override { static_cast<void>(smfi_progress(context_)); }

private:
    /// A value as the MTA wants it: with a leading space if values come so.
    [[nodiscard]] std::string spaced(std::string_view value) const {
        return connection_.agreed.leading_space ? fmt::format(" {}", value) : std::string(value);
    }

    SMFICTX* context_;
    const Connection& connection_;
};

void ask_for_macros(SMFICTX* context) {
    const auto ask = [context](int stage, std::string names) {
        static_cast<void>(smfi_setsymlist(context, stage, names.data()));
    };
    ask(SMFIM_CONNECT, "j v {daemon_name} {daemon_port} {client_addr} {client_resolve}");
    ask(SMFIM_ENVFROM, "i {auth_authen} {auth_type}");
    ask(SMFIM_ENVRCPT, "{rcpt_mailer} {rcpt_host}");
    ask(SMFIM_EOH, "i");
    ask(SMFIM_EOM, "i");
}

sfsistat on_negotiate(SMFICTX* context,
                      unsigned long actions,
                      unsigned long steps,
                      unsigned long /*unused*/,
                      unsigned long /*unused*/,
                      unsigned long* wanted_actions,
                      unsigned long* wanted_steps,
                      unsigned long* wanted_2,
                      unsigned long* wanted_3) {
    if (shared.load() == nullptr) {
        return SMFIS_REJECT;  // the MTA then does without us
    }
    try {
        const auto snapshot = shared.load()->parts->snapshots.current();
        unsigned long wishes = SMFIP_NOHELO | SMFIP_NOUNKNOWN | SMFIP_NODATA | SMFIP_NR_CONN |
                               SMFIP_NR_MAIL | SMFIP_NR_HDR | SMFIP_HDR_LEADSPC | SMFIP_SKIP;
        if (snapshot->settings.milter.answer_at == config::AnswerAt::Message) {
            wishes |= SMFIP_NR_RCPT;
        }
        const unsigned long given = wishes & steps;
        *wanted_actions =
            (SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_DELRCPT | SMFIF_CHGFROM | SMFIF_SETSYMLIST) &
            actions;
        *wanted_steps = given;
        *wanted_2 = 0;
        *wanted_3 = 0;
        if ((actions & SMFIF_SETSYMLIST) != 0) {
            ask_for_macros(context);
        }
        const Agreed agreed{.leading_space = (given & SMFIP_HDR_LEADSPC) != 0,
                            .connect = (given & SMFIP_NR_CONN) != 0,
                            .mail = (given & SMFIP_NR_MAIL) != 0,
                            .header = (given & SMFIP_NR_HDR) != 0,
                            .rcpt = (given & SMFIP_NR_RCPT) != 0,
                            .skip = (given & SMFIP_SKIP) != 0};
        auto connection = std::make_unique<Connection>(agreed);
        if (smfi_setpriv(context, connection.get()) == MI_SUCCESS) {
            static_cast<void>(connection.release());
        }
        return SMFIS_CONTINUE;
    } catch (...) {
        return SMFIS_REJECT;  // the MTA then does without us
    }
}

// libmilter prescribes the signature of a callback.
// NOLINTBEGIN(readability-non-const-parameter)
sfsistat on_connect(SMFICTX* context, char* host, _SOCK_ADDR* address) {
    return guarded(context, [&](Connection& connection) -> sfsistat {
        session::ConnectFacts facts;
        facts.address = address_of(address);
        facts.client = facts.address.has_value() ? facts.address->text()
                                                 : std::string(host == nullptr ? "" : host);
        facts.client_name =
            verified_name(host == nullptr ? "" : host, macro(context, "{client_resolve}"));
        facts.daemon_name = macro(context, "{daemon_name}");
        facts.daemon_port = macro(context, "{daemon_port}");
        facts.mta_name = macro(context, "j");
        connection.forgets_arguments = session::is_sendmail(macro(context, "v"));
        connection.session.connect(std::move(facts));
        return connection.agreed.connect ? SMFIS_NOREPLY : SMFIS_CONTINUE;
    });
}

sfsistat on_mail(SMFICTX* context, char** argv) {
    return guarded(context, [&](Connection& connection) -> sfsistat {
        connection.message_begun();
        std::vector<std::string> arguments = arguments_of(argv);
        connection.arguments =
            connection.forgets_arguments ? session::forgotten_arguments(arguments) : std::string();
        connection.session.mail({.path = argv[0] == nullptr ? "" : argv[0],
                                 .arguments = std::move(arguments),
                                 .user = macro(context, "{auth_authen}"),
                                 .queue_id = macro(context, "i")});
        return connection.agreed.mail ? SMFIS_NOREPLY : SMFIS_CONTINUE;
    });
}

sfsistat on_rcpt(SMFICTX* context, char** argv) {
    return guarded(context, [&](Connection& connection) -> sfsistat {
        const session::SessionReply reply =
            connection.session.recipient({.path = argv[0] == nullptr ? "" : argv[0],
                                          .arguments = arguments_of(argv),
                                          .mailer = macro(context, "{rcpt_mailer}"),
                                          .next_hop = macro(context, "{rcpt_host}")});
        return connection.agreed.rcpt ? SMFIS_NOREPLY : status_for(context, connection, reply);
    });
}

sfsistat on_header(SMFICTX* context, char* name, char* value) {
    return guarded(context, [&](Connection& connection) -> sfsistat {
        connection.session.header(name, value);
        return connection.agreed.header ? SMFIS_NOREPLY : SMFIS_CONTINUE;
    });
}

// NOLINTEND(readability-non-const-parameter)

sfsistat on_end_of_headers(SMFICTX* context) {
    return guarded(context, [&](Connection& connection) -> sfsistat {
        const session::SessionReply reply = connection.session.end_of_headers(macro(context, "i"));
        if (std::holds_alternative<session::Accept>(reply) ||
            std::holds_alternative<session::Answer>(reply)) {
            connection.message_ended();
        }
        // SKIP is an answer to body chunks; the session gives it again there.
        return std::holds_alternative<session::SkipBody>(reply)
                   ? SMFIS_CONTINUE
                   : status_for(context, connection, reply);
    });
}

sfsistat on_body(SMFICTX* context, unsigned char* octets, std::size_t size) {
    return guarded(context, [&](Connection& connection) -> sfsistat {
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets as text
        const std::string_view text(reinterpret_cast<const char*>(octets), size);
        const session::SessionReply reply = connection.session.body(text);
        if (std::holds_alternative<session::Accept>(reply) ||
            std::holds_alternative<session::Answer>(reply)) {
            connection.message_ended();
        }
        return status_for(context, connection, reply);
    });
}

sfsistat on_end_of_message(SMFICTX* context) {
    return guarded(context, [&](Connection& connection) -> sfsistat {
        ContextActions actions(context, connection);
        const session::SessionReply reply =
            connection.session.end_of_message(actions, macro(context, "i"));
        connection.message_ended();
        return status_for(context, connection, reply);
    });
}

sfsistat on_abort(SMFICTX* context) {
    return guarded(context, [](Connection& connection) -> sfsistat {
        connection.session.abort();
        connection.message_ended();
        return SMFIS_CONTINUE;
    });
}

sfsistat on_close(SMFICTX* context) {
    if (shared.load() == nullptr) {
        return SMFIS_CONTINUE;  // the objects that a session uses are gone
    }
    const std::unique_ptr<Connection> connection(connection_of(context));
    static_cast<void>(smfi_setpriv(context, nullptr));
    return SMFIS_CONTINUE;
}

}  // namespace

bool run_milter(const session::Session::Parts& parts,
                MilterCounters& counters,
                const std::string& connection,
                const std::function<void()>& on_listening) {
    const Shared ours{.parts = &parts, .counters = &counters};
    shared.store(&ours);
    std::string name = "holdback";
    std::string listen_on = connection;
    smfiDesc description{};
    description.xxfi_name = name.data();
    description.xxfi_version = SMFI_VERSION;
    description.xxfi_flags =
        SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_DELRCPT | SMFIF_CHGFROM | SMFIF_SETSYMLIST;
    description.xxfi_connect = on_connect;
    description.xxfi_envfrom = on_mail;
    description.xxfi_envrcpt = on_rcpt;
    description.xxfi_header = on_header;
    description.xxfi_eoh = on_end_of_headers;
    description.xxfi_body = on_body;
    description.xxfi_eom = on_end_of_message;
    description.xxfi_abort = on_abort;
    description.xxfi_close = on_close;
    description.xxfi_negotiate = on_negotiate;
    bool ended_well = smfi_setconn(listen_on.data()) == MI_SUCCESS &&
                      smfi_register(description) == MI_SUCCESS &&
                      smfi_opensocket(false) == MI_SUCCESS;
    if (ended_well) {
        on_listening();
        ended_well = smfi_main() == MI_SUCCESS;
    }
    shared.store(nullptr);
    return ended_well;
}

void hold_new_messages(Hold hold) {
    holding.store(hold == Hold::Yes);
}

void stop_milter() {
    static_cast<void>(smfi_stop());
}

}  // namespace holdback::milter::daemon
