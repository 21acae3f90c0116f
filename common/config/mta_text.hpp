// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads an MTA's configuration from its text: the output of postconf(1), lists of domains in
// Postfix's language, sendmail.cf.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace holdback::config {

/// The source of the MTA's domains, as `[outgoing] mta_domains` names it.
struct AutoMta {
    bool operator==(const AutoMta&) const = default;
};
struct NoMta {
    bool operator==(const NoMta&) const = default;
};
struct PostfixMta {
    std::string directory;  ///< of main.cf and master.cf
    bool operator==(const PostfixMta&) const = default;
};
struct SendmailMta {
    std::string file;  ///< sendmail.cf
    bool operator==(const SendmailMta&) const = default;
};
using MtaSource = std::variant<AutoMta, NoMta, PostfixMta, SendmailMta>;

/// "auto", "off", "postfix:/etc/postfix", "sendmail:/etc/mail/sendmail.cf".
[[nodiscard]] std::optional<MtaSource> parse_mta_source(std::string_view text);

/// Parameters by name, from lines "name = value". Other lines are messages and are skipped.
using MtaParameters = std::map<std::string, std::string, std::less<>>;
[[nodiscard]] MtaParameters parse_postconf(std::string_view output);

/// Name of a transport -> its program, from the output of `postconf -M`. It includes services that
/// are not transports; no recipient goes to them.
[[nodiscard]] std::map<std::string, std::string, std::less<>> parse_master(std::string_view output);

/// The names of services with `-o myhostname=NAME` of their own, from the same output.
[[nodiscard]] std::vector<std::string> parse_service_names(std::string_view output);

/// One entry of a list of domains in Postfix's language (postconf(5), mydestination).
struct ListEntry {
    enum class Kind : std::uint8_t { Name, Table, File };

    Kind kind;
    bool excludes;     ///< written with "!"
    std::string text;  ///< a domain, "type:name", or the path of a file of further entries

    bool operator==(const ListEntry&) const = default;
};

/// The entries between white space and commas; a table in braces is one entry.
[[nodiscard]] std::vector<ListEntry> parse_domain_list(std::string_view value);
/// The same for a file of entries: `#` lines are comments, and a line that begins with white space
/// continues the line before it.
[[nodiscard]] std::vector<ListEntry> parse_domain_file(std::string_view text);

/// The name of a table as any process can open it: "proxy:mysql:/x" becomes "mysql:/x", since only
/// Postfix can open the proxy's socket.
[[nodiscard]] std::string_view without_proxy(std::string_view table);

/// "transport:nexthop" as in Postfix's tables and parameters; either part may be empty.
struct TransportHop {
    std::string transport;
    std::string next_hop;

    bool operator==(const TransportHop&) const = default;
};
[[nodiscard]] TransportHop parse_transport_hop(std::string_view value);

/// The parts of sendmail.cf that we use.
struct SendmailCf {
    struct ClassFile {
        std::string path;
        bool optional;  ///< written with -o: the file need not exist

        bool operator==(const ClassFile&) const = default;
    };
    struct Class {
        std::vector<std::string> names;
        std::vector<ClassFile> files;
        /// Sources that are neither names nor plain files: LDAP, programs, maps.
        std::vector<std::string> others;
    };

    std::string host_name;   ///< macro j where it is a plain name, else empty
    std::string smart_host;  ///< macro S without its mailer; empty when there is none
    std::map<std::string, Class, std::less<>> classes;  ///< by name: "w", "VirtHost"
    /// Name of a mailer -> "smtp", "lmtp" or "prog".
    std::map<std::string, std::string, std::less<>> mailers;
};
[[nodiscard]] SendmailCf parse_sendmail_cf(std::string_view text);

/// The words of a class file: one or more in a line; `#` begins a comment.
[[nodiscard]] std::vector<std::string> parse_class_file(std::string_view text);

}  // namespace holdback::config
