// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the MTA says of itself: its name, and the domains whose mail it delivers or hands on by a
// route of its own, so that the public DNS has no say about them.

#include "mail/domain.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holdback::mail {

/// A look-up table of the MTA, as its configuration names it: "hash:/etc/postfix/virtual".
struct MtaTable {
    std::string instance;  ///< configuration directory of the MTA that has it
    std::string name;

    auto operator<=>(const MtaTable&) const = default;
};

/// How a name of a list stands for what is below it (Postfix: parent_domain_matches_subdomains).
enum class Subdomains : std::uint8_t {
    Never,   ///< "example.net" is itself and nothing else
    ByDot,   ///< ".example.net" stands for all below it, "example.net" for itself
    Always,  ///< "example.net" stands for itself and all below it
};

/// Whether a domain stands in a list.
enum class Membership : std::uint8_t { No, Yes, Unknown };

/// One list of domains in the order in which the MTA goes through it: the first entry that fits
/// decides. An entry is a name or a table, and with `!` it excludes.
class DomainList {
public:
    /// What a table has for one key; nullopt when it was not asked, or gave no answer.
    using Has = std::function<std::optional<bool>(const MtaTable& table, std::string_view key)>;

    /// `name` is shown to people: "mydestination", "class w".
    DomainList(std::string name, Subdomains subdomains)
        : name_(std::move(name)), subdomains_(subdomains) {}

    /// `name` in any spelling; one with non-ASCII characters is known by its A-labels. A second
    /// entry for a name never decides, and is dropped.
    void add_name(std::string_view name, bool excludes);
    void add_table(MtaTable table, bool excludes);

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] bool is_empty() const { return entries_ == 0; }
    [[nodiscard]] bool has_tables() const { return !tables_.empty(); }

    /// Whether the list has the domain, as far as `has` knows the tables.
    [[nodiscard]] Membership has(const Domain& domain, const Has& table_has) const;
    /// By the names alone: `Unknown` when a table decides.
    [[nodiscard]] Membership has(const Domain& domain) const;

    /// The keys under which `has` asks a table about a domain, the domain itself first.
    [[nodiscard]] std::vector<std::string> keys_of(const Domain& domain) const;
    /// Calls with each table of the list, in its order.
    void each_table(const std::function<void(const MtaTable&)>& call) const;

    bool operator==(const DomainList&) const = default;

private:
    struct NameEntry {
        std::size_t position = 0;
        bool excludes = false;
        bool operator==(const NameEntry&) const = default;
    };
    struct TableEntry {
        std::size_t position = 0;
        bool excludes = false;
        MtaTable table;
        bool operator==(const TableEntry&) const = default;
    };

    std::string name_;
    Subdomains subdomains_;
    std::size_t entries_ = 0;
    std::unordered_map<std::string, NameEntry> names_;
    std::vector<TableEntry> tables_;
};

/// Which MTA was read.
enum class MtaKind : std::uint8_t {
    None,  ///< none: nothing is known, or nothing was to be read
    Postfix,
    Sendmail,
};

/// What was read of the MTA's configuration. Immutable once made.
struct MtaNames {
    MtaKind kind = MtaKind::None;
    std::string host_name;  ///< its own name (Postfix: myhostname); empty when it is not known
    /// Names of its further instances, and of services that bear one of their own.
    std::vector<std::string> other_names;
    std::string origin;  ///< domain of local senders (Postfix: myorigin); empty when not known
    /// Domains of recipients that it delivers itself or hands on by its own routes.
    std::vector<DomainList> lists;
    /// Name of a transport or mailer -> the program that runs it: "smtp", "lmtp", "pipe", …
    std::map<std::string, std::string, std::less<>> transports;
    /// Tables that name a transport for a domain (Postfix: transport_maps), in their order.
    std::vector<MtaTable> transport_maps;
    /// Next hops of mail for which there is no route of its own (Postfix: relayhost, and those of
    /// default_transport; Sendmail: the smart host), in lower case.
    std::vector<std::string> default_hops;
    /// `default_hops` are all that there are: none depends on the sender.
    bool knows_hops = false;
    /// What could not be read, each a text for people. What else is here is right all the same.
    std::vector<std::string> troubles;

    /// True for the name ({j}) of the MTA that was read, or of an instance of it: what is here is
    /// true of it. Also where either name is not known.
    [[nodiscard]] bool are_of(std::string_view mta_name) const;
    /// The name of the first list that has the domain, by names alone: "mydestination".
    [[nodiscard]] std::optional<std::string> list_of(const Domain& domain) const;

    bool operator==(const MtaNames&) const = default;
};

}  // namespace holdback::mail
