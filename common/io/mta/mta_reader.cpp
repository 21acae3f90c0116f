// SPDX-License-Identifier: Apache-2.0
#include "io/mta/mta_reader.hpp"

#include "config/mta_text.hpp"
#include "core/clock.hpp"
#include "core/text.hpp"
#include "io/mta/mta_files.hpp"
#include "io/system/program_output.hpp"
#include "mail/mta_names.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::mta {

namespace {

constexpr std::string_view kSendmailFile = "/etc/mail/sendmail.cf";

/// Lists of recipients' domains for which Postfix has a route of its own.
constexpr std::array<std::string_view, 4> kPostfixLists{
    "mydestination", "virtual_alias_domains", "virtual_mailbox_domains", "relay_domains"};

struct SendmailList {
    std::string_view class_name;
    std::string_view shown;
    mail::Subdomains subdomains;
};
constexpr std::array<SendmailList, 3> kSendmailLists{
    SendmailList{"w", "class-w", mail::Subdomains::Never},
    SendmailList{"VirtHost", "class-VirtHost", mail::Subdomains::Never},
    // Domains that Sendmail relays for; cf/README: with all below them.
    SendmailList{"R", "class-R", mail::Subdomains::Always}};

bool exists(std::string_view path) {
    std::error_code error;
    return std::filesystem::exists(path, error);
}

/// How Postfix looks a list up: all but one exactly, whatever `parent_domain_matches_subdomains`
/// says.
mail::Subdomains subdomains_of(std::string_view list, bool parents_match) {
    if (list != "relay_domains") {
        return mail::Subdomains::Never;
    }
    return parents_match ? mail::Subdomains::Always : mail::Subdomains::ByDot;
}

/// One instance of Postfix.
class PostfixReader {
public:
    PostfixReader(std::string program, std::string directory, core::SteadyPoint deadline)
        : program_(std::move(program)), directory_(std::move(directory)), deadline_(deadline) {}

    /// Adds what this instance says, its name only when the MTA has none yet. Gives further
    /// instances.
    [[nodiscard]] std::vector<std::string> add_to(mail::MtaNames& names) {
        std::vector<std::string> arguments{"-x",
                                           "myhostname",
                                           "myorigin",
                                           "multi_instance_directories",
                                           "relayhost",
                                           "default_transport",
                                           "transport_maps",
                                           "sender_dependent_relayhost_maps",
                                           "sender_dependent_default_transport_maps",
                                           "parent_domain_matches_subdomains"};
        arguments.insert(arguments.end(), kPostfixLists.begin(), kPostfixLists.end());
        const auto output = ask(arguments, names);
        if (!output.has_value()) {
            return {};
        }
        config::MtaParameters values = config::parse_postconf(*output);
        const bool is_first = names.host_name.empty();
        if (is_first) {
            names.host_name = core::to_lower(values["myhostname"]);
            names.origin = origin_of(values["myorigin"], names);
        } else if (!values["myhostname"].empty()) {
            names.other_names.push_back(core::to_lower(values["myhostname"]));
        }
        const auto with_parents = words(values["parent_domain_matches_subdomains"]);
        for (const std::string_view list : kPostfixLists) {
            const bool parents = std::ranges::find(with_parents, list) != with_parents.end();
            mail::DomainList domains{std::string(list), subdomains_of(list, parents)};
            add_entries(
                config::parse_domain_list(values[std::string(list)]), false, 0, domains, names);
            if (!domains.is_empty()) {
                names.lists.push_back(std::move(domains));
            }
        }
        for (const config::ListEntry& entry : config::parse_domain_list(values["transport_maps"])) {
            if (entry.kind == config::ListEntry::Kind::Table) {
                names.transport_maps.push_back(
                    {.instance = directory_,
                     .name = std::string(config::without_proxy(entry.text))});
            }
        }
        for (const std::string& hop :
             {values["relayhost"],
              config::parse_transport_hop(values["default_transport"]).next_hop}) {
            if (!hop.empty()) {
                names.default_hops.push_back(core::to_lower(hop));
            }
        }
        const bool by_sender = !values["sender_dependent_relayhost_maps"].empty() ||
                               !values["sender_dependent_default_transport_maps"].empty();
        names.knows_hops = !by_sender && (is_first || names.knows_hops);
        if (const auto services = ask({"-M"}, names)) {
            names.transports.merge(config::parse_master(*services));
            for (const std::string& name : config::parse_service_names(*services)) {
                names.other_names.push_back(core::to_lower(name));
            }
        }
        return words(values["multi_instance_directories"]);
    }

private:
    [[nodiscard]] static std::vector<std::string> words(std::string_view text) {
        std::vector<std::string> found;
        for (config::ListEntry& entry : config::parse_domain_list(text)) {
            found.push_back(std::move(entry.text));
        }
        return found;
    }

    [[nodiscard]] std::optional<std::string> ask(std::vector<std::string> question,
                                                 mail::MtaNames& names) {
        auto output = ask_postconf(program_, directory_, std::move(question), deadline_);
        if (!output.has_value()) {
            names.troubles.push_back(std::move(output.error()));
            return std::nullopt;
        }
        return *std::move(output);
    }

    /// myorigin is a name, or the path of a file that contains it.
    [[nodiscard]] static std::string origin_of(const std::string& value, mail::MtaNames& names) {
        if (!value.starts_with('/')) {
            return core::to_lower(value);
        }
        const auto text = read_file(value);
        if (!text.has_value()) {
            names.troubles.push_back(text.error());
            return {};
        }
        return core::to_lower(core::trim(text->substr(0, text->find('\n'))));
    }

    // NOLINTNEXTLINE(misc-no-recursion): as below
    void add_entries(const std::vector<config::ListEntry>& entries,
                     bool excludes,
                     std::size_t depth,
                     mail::DomainList& domains,
                     mail::MtaNames& names) const {
        for (const config::ListEntry& entry : entries) {
            const bool out = entry.excludes != excludes;
            switch (entry.kind) {
                case config::ListEntry::Kind::Name:
                    domains.add_name(entry.text, out);
                    break;
                case config::ListEntry::Kind::Table:
                    domains.add_table({.instance = directory_,
                                       .name = std::string(config::without_proxy(entry.text))},
                                      out);
                    break;
                case config::ListEntry::Kind::File:
                    add_file(entry.text, out, depth, domains, names);
                    break;
            }
        }
    }

    // NOLINTNEXTLINE(misc-no-recursion): a file may name files, up to a depth
    void add_file(const std::string& path,
                  bool excludes,
                  std::size_t depth,
                  mail::DomainList& domains,
                  mail::MtaNames& names) const {
        constexpr std::size_t kDeepest = 8;
        if (depth == kDeepest) {
            names.troubles.push_back(
                fmt::format("{}: files name files more than {} levels deep", path, kDeepest));
            return;
        }
        const auto text = read_file(path);
        if (!text.has_value()) {
            names.troubles.push_back(text.error());
            return;
        }
        add_entries(config::parse_domain_file(*text), excludes, depth + 1, domains, names);
    }

    std::string program_;
    std::string directory_;
    core::SteadyPoint deadline_;
};

mail::MtaNames read_postfix(const std::string& directory, core::SteadyPoint deadline) {
    constexpr std::size_t kMostInstances = 16;
    mail::MtaNames names;
    names.kind = mail::MtaKind::Postfix;
    const auto program = system::find_program("postconf");
    if (!program.has_value()) {
        names.troubles.emplace_back("the program postconf is not here");
        return names;
    }
    std::vector<std::string> instances{directory};
    for (std::size_t i = 0; i < instances.size() && i < kMostInstances; ++i) {
        for (std::string& further : PostfixReader(*program, instances[i], deadline).add_to(names)) {
            if (std::ranges::find(instances, further) == instances.end()) {
                instances.push_back(std::move(further));
            }
        }
    }
    return names;
}

void add_members(const config::SendmailCf::Class& from,
                 mail::DomainList& domains,
                 mail::MtaNames& names) {
    for (const std::string& name : from.names) {
        domains.add_name(name, false);
    }
    for (const config::SendmailCf::ClassFile& file : from.files) {
        if (file.optional && !exists(file.path)) {
            continue;
        }
        const auto members = read_file(file.path);
        if (!members.has_value()) {
            names.troubles.push_back(members.error());
            continue;
        }
        for (const std::string& name : config::parse_class_file(*members)) {
            domains.add_name(name, false);
        }
    }
}

mail::MtaNames read_sendmail(const std::string& path) {
    mail::MtaNames names;
    names.kind = mail::MtaKind::Sendmail;
    const auto text = read_file(path);
    if (!text.has_value()) {
        names.troubles.push_back(text.error());
        return names;
    }
    config::SendmailCf cf = config::parse_sendmail_cf(*text);
    names.host_name = core::to_lower(cf.host_name);
    names.transports = std::move(cf.mailers);
    names.knows_hops = true;
    if (!cf.smart_host.empty()) {
        names.default_hops.push_back(core::to_lower(cf.smart_host));
    }
    for (const SendmailList& each : kSendmailLists) {
        const auto found = cf.classes.find(each.class_name);
        if (found == cf.classes.end()) {
            continue;
        }
        mail::DomainList domains{std::string(each.shown), each.subdomains};
        add_members(found->second, domains, names);
        for (const std::string& other : found->second.others) {
            names.troubles.push_back(fmt::format(
                "{}: class {} is read from files only, not from {}", path, each.class_name, other));
        }
        if (!domains.is_empty()) {
            names.lists.push_back(std::move(domains));
        }
    }
    return names;
}

mail::MtaNames read_what_is_here(core::SteadyPoint deadline) {
    if (exists(std::string(kPostfixDirectory) + "/main.cf") &&
        system::find_program("postconf").has_value()) {
        return read_postfix(std::string(kPostfixDirectory), deadline);
    }
    if (exists(kSendmailFile)) {
        return read_sendmail(std::string(kSendmailFile));
    }
    mail::MtaNames names;
    names.troubles.push_back(
        fmt::format("neither {}/main.cf nor {} is here", kPostfixDirectory, kSendmailFile));
    return names;
}

}  // namespace

mail::MtaNames read_mta_names(std::string_view mta_domains, core::SteadyPoint deadline) {
    const auto source = config::parse_mta_source(mta_domains);
    if (!source.has_value() || std::holds_alternative<config::NoMta>(*source)) {
        return {};
    }
    if (const auto* postfix = std::get_if<config::PostfixMta>(&*source)) {
        return read_postfix(postfix->directory, deadline);
    }
    if (const auto* sendmail = std::get_if<config::SendmailMta>(&*source)) {
        return read_sendmail(sendmail->file);
    }
    return read_what_is_here(deadline);
}

}  // namespace holdback::io::mta
