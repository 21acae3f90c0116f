// SPDX-License-Identifier: Apache-2.0
#include "io/submit/mta_submit.hpp"

#include "core/result.hpp"
#include "core/text.hpp"
#include "io/submit/sendmail_submit.hpp"
#include "io/submit/smtp_submit.hpp"
#include "ports/submitter.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace holdback::io::submit {

namespace {

constexpr std::string_view kSmtp = "smtp:";
constexpr std::string_view kSendmail = "sendmail:";
constexpr std::uint64_t kMostPort = 65'535;

bool is_host(std::string_view host, bool in_brackets) {
    const auto fits = [in_brackets](char c) {
        return core::is_ascii_alpha(c) || core::is_ascii_digit(c) || c == '.' || c == '-' ||
               c == '_' || (in_brackets && (c == ':' || c == '%'));
    };
    return !host.empty() && std::ranges::all_of(host, fits);
}

core::Result<ReinjectTarget, std::string> parse_smtp(std::string_view text) {
    std::string_view host;
    std::string_view rest;
    const bool in_brackets = text.starts_with('[');
    if (in_brackets) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) {
            return std::unexpected("smtp: ']' is missing");
        }
        host = text.substr(1, end - 1);
        rest = text.substr(end + 1);
    } else {
        const std::size_t colon = std::min(text.find(':'), text.size());
        host = text.substr(0, colon);
        rest = text.substr(colon);
        if (rest.find(':', 1) != std::string_view::npos) {
            return std::unexpected("smtp: an IPv6 address stands in brackets: smtp:[::1]:25");
        }
    }
    if (!is_host(host, in_brackets)) {
        return std::unexpected("smtp: wants a host: smtp:127.0.0.1:25");
    }
    if (rest.empty()) {
        return SmtpTarget{.host = std::string(host), .port = "25"};
    }
    const auto port = core::parse_decimal(rest.substr(1));
    if (rest.front() != ':' || !port.has_value() || *port == 0 || *port > kMostPort) {
        return std::unexpected("smtp: the port is a number from 1 to 65535");
    }
    return SmtpTarget{.host = std::string(host), .port = std::to_string(*port)};
}

struct Maker {
    std::string_view helo_name;

    std::unique_ptr<ports::Submitter> operator()(const SmtpTarget& target) const {
        return std::make_unique<SmtpSubmitter>(target.host, target.port, std::string(helo_name));
    }
    std::unique_ptr<ports::Submitter> operator()(const SendmailTarget& target) const {
        return std::make_unique<SendmailSubmitter>(target.program);
    }
};

}  // namespace

core::Result<ReinjectTarget, std::string> parse_reinject(std::string_view text) {
    if (text.starts_with(kSmtp)) {
        return parse_smtp(text.substr(kSmtp.size()));
    }
    if (text.starts_with(kSendmail)) {
        const std::string_view program = text.substr(kSendmail.size());
        if (!program.starts_with('/') || program.find('\0') != std::string_view::npos) {
            return std::unexpected("sendmail: wants an absolute path: sendmail:/usr/sbin/sendmail");
        }
        return SendmailTarget{.program = std::string(program)};
    }
    return std::unexpected("wants smtp:HOST:PORT or sendmail:/PATH");
}

std::unique_ptr<ports::Submitter> make_submitter(const ReinjectTarget& target,
                                                 const std::string& helo_name) {
    return std::visit(Maker{helo_name}, target);
}

}  // namespace holdback::io::submit
