// SPDX-License-Identifier: Apache-2.0
#pragma once
// A mailbox address as a value, and the path in which the MTA passes it to a milter.

#include "core/result.hpp"
#include "mail/domain.hpp"
#include "mail/syntax.hpp"

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::mail {

/// A Mailbox (RFC 5321 section 4.1.2; RFC 6531 section 3.3): local part and domain. A quoted local
/// part that needs no quotes is stored without them ("a"@d equals a@d); others keep their quotes.
/// The local part keeps its letter case.
class Address {
public:
    [[nodiscard]] static core::Result<Parsed<Address>, SyntaxError> parse(std::string_view text,
                                                                          Smtputf8 utf8);

    [[nodiscard]] const std::string& local_part() const { return local_part_; }
    [[nodiscard]] const Domain& domain() const { return domain_; }
    /// "local@domain" with the canonical domain.
    [[nodiscard]] std::string text() const;
    /// `text` with the local part in lower case and, beyond ASCII, in Normalization Form C. The
    /// stores know the mailbox under this key, since hardly any system tells mailboxes apart by
    /// letter case.
    [[nodiscard]] std::string key() const;
    /// The address without the tag that begins at the first `delimiter` of the local part: "bo" of
    /// "bo+shop" (RFC 5233 section 1). nullopt when there is no delimiter, when nothing stands
    /// before it, and for a quoted local part.
    [[nodiscard]] std::optional<Address> without_tag(char delimiter) const;

    auto operator<=>(const Address&) const = default;

private:
    Address(std::string local_part, Domain domain)
        : local_part_(std::move(local_part)), domain_(std::move(domain)) {}

    std::string local_part_;
    Domain domain_;
};

/// The null reverse-path: `MAIL FROM:<>`.
struct NullSender {
    auto operator<=>(const NullSender&) const = default;
};

/// The form of a path from the MTA. Postfix writes no brackets when mail did not come by SMTP.
enum class PathForm : std::uint8_t { Bracketed, Bare };

/// A path from a milter's MAIL or RCPT callback, taken apart but not yet judged.
struct Path {
    PathForm form;
    /// The mailbox part, without brackets and without a source route (RFC 5321 appendix C: accepted
    /// and ignored). Empty for the null path.
    std::string mailbox;
};

/// Takes a path argument apart: `<a@b>`, `a@b`, `<>`, the empty string, `<@x,@y:a@b>`. The grammar
/// finds the closing bracket, so that `<"a>b"@c>` works. `BadPath`: unbalanced brackets, spaces
/// inside them, a broken route.
[[nodiscard]] core::Result<Path, SyntaxError> parse_path(std::string_view argument);

/// True for the only recipient that needs no domain: `Postmaster` in any letter case (RFC 5321
/// section 4.1.1.3). It is a valid, local recipient, though `Address::parse` says `NoAt`.
[[nodiscard]] bool is_bare_postmaster(const Path& path);

}  // namespace holdback::mail
