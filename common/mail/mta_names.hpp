// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the MTA says of itself: its name, and the domains whose mail it delivers or hands on by a
// route of its own. The public DNS decides nothing about those.

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

/// A look-up table of the MTA, in the words of its configuration: "hash:/etc/postfix/virtual".
struct MtaTable {
    std::string instance;  ///< configuration directory of the MTA that uses it
    std::string name;

    auto operator<=>(const MtaTable&) const = default;
};

/// How a name in a list covers its subdomains (Postfix: parent_domain_matches_subdomains).
enum class Subdomains : std::uint8_t {
    Never,   ///< "example.net" covers itself and nothing else
    ByDot,   ///< ".example.net" covers all below it, "example.net" itself
    Always,  ///< "example.net" covers itself and all below it
};

/// Whether a domain stands in a list.
enum class Membership : std::uint8_t { No, Yes, Unknown };

/// One list of domains, in the order in which the MTA goes through it: the first entry that fits
/// decides. An entry is a name or a table; with `!` it excludes.
class DomainList {
public:
    /// True when a table has the key; nullopt when it was not asked or gave no answer.
    using Has = std::function<std::optional<bool>(const MtaTable& table, std::string_view key)>;

    /// `name` is shown to people: "mydestination", "class w".
    DomainList(std::string name, Subdomains subdomains)
        : name_(std::move(name)), subdomains_(subdomains) {}

    /// `name` in any spelling; a non-ASCII name is known by its A-labels. A second entry for a name
    /// never decides, and is dropped.
    void add_name(std::string_view name, bool excludes);
    void add_table(MtaTable table, bool excludes);

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] bool is_empty() const { return entries_ == 0; }
    [[nodiscard]] bool has_tables() const { return !tables_.empty(); }

    /// Whether the list has the domain. `table_has` answers for the tables.
    [[nodiscard]] Membership has(const Domain& domain, const Has& table_has) const;
    /// The same by the names alone: `Unknown` when a table decides.
    [[nodiscard]] Membership has(const Domain& domain) const;

    /// The keys under which `has` asks a table about a domain, the domain itself first.
    [[nodiscard]] std::vector<std::string> keys_of(const Domain& domain) const;
    /// Calls `call` with each table of the list, in order.
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

/// The MTA that was read.
enum class MtaKind : std::uint8_t {
    None,  ///< nothing is known, or nothing was to be read
    Postfix,
    Sendmail,
};

/// The content of the MTA's configuration. Immutable once made.
struct MtaNames {
    MtaKind kind = MtaKind::None;
    std::string host_name;  ///< its own name (Postfix: myhostname); empty when it is not known
    /// Names of its other instances, and of services that have a name of their own.
    std::vector<std::string> other_names;
    std::string origin;  ///< domain of local senders (Postfix: myorigin); empty when not known
    /// Domains of recipients whose mail it delivers itself or hands on by its own routes.
    std::vector<DomainList> lists;
    /// Name of a transport or mailer -> the program behind it: "smtp", "lmtp", "pipe", …
    std::map<std::string, std::string, std::less<>> transports;
    /// Tables that name a transport for a domain (Postfix: transport_maps), in their order.
    std::vector<MtaTable> transport_maps;
    /// Next hops of mail that has no route of its own, in lower case (Postfix: relayhost, and the
    /// next hops of default_transport; Sendmail: the smart host).
    std::vector<std::string> default_hops;
    /// `default_hops` is complete: no next hop depends on the sender.
    bool knows_hops = false;
    /// The parts that could not be read, each as a text for people. All else here is still right.
    std::vector<std::string> troubles;

    /// True for the name ({j}) of the MTA that was read, or of an instance of it: all here holds
    /// for it. Also true when either name is not known.
    [[nodiscard]] bool are_of(std::string_view mta_name) const;
    /// The name of the first list that has the domain, judged by names alone: "mydestination".
    [[nodiscard]] std::optional<std::string> list_of(const Domain& domain) const;

    bool operator==(const MtaNames&) const = default;
};

}  // namespace holdback::mail
