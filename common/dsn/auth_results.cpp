// SPDX-License-Identifier: Apache-2.0
#include "dsn/auth_results.hpp"

#include "core/text.hpp"
#include "mail/address.hpp"
#include "mail/header.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::dsn {

namespace {

constexpr std::string_view kField = "Authentication-Results";
constexpr std::size_t kMostFields = 50;
constexpr std::size_t kMostOctets = 4096;

/// One method's result: "dkim=pass header.d=example.org".
struct Result {
    std::string method;
    std::string value;
    std::vector<std::pair<std::string, std::string>> properties;

    [[nodiscard]] bool says(std::string_view wanted_method, std::string_view wanted) const {
        return method == wanted_method && value == wanted;
    }
    [[nodiscard]] std::string_view property(std::string_view name) const {
        const auto found =
            std::ranges::find(properties, name, &std::pair<std::string, std::string>::first);
        return found == properties.end() ? std::string_view() : found->second;
    }
};

struct Results {
    std::string service;
    std::vector<Result> results;
};

/// A value without comments (RFC 5322 section 3.2.2), in lower case, its quoted strings as plain
/// text: what is in quotes can hold none of ";", "=" and white space afterwards.
std::string without_comments(std::string_view value) {
    std::string plain;
    std::size_t depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const char c = value[i];
        if (c == '\\' && (quoted || depth > 0)) {
            ++i;
            plain += quoted && depth == 0 ? "_" : "";
        } else if (c == '"' && depth == 0) {
            quoted = !quoted;
        } else if (quoted) {
            plain += c == ';' || c == '=' || core::is_ascii_space(c) ? '_' : core::ascii_lower(c);
        } else if (c == '(') {
            ++depth;
        } else if (c == ')' && depth > 0) {
            --depth;
            plain += ' ';
        } else if (depth == 0) {
            plain += core::ascii_lower(c);
        }
    }
    return plain;
}

/// "name=value" with white space around the sign gone; empty names for anything else.
std::vector<std::pair<std::string, std::string>> pairs_of(std::string_view text) {
    std::string joined;
    for (const char c : text) {
        const bool space = core::is_ascii_space(c);
        if (space && (joined.empty() || joined.back() == '=' || joined.back() == ' ')) {
            continue;
        }
        if (c == '=' && joined.ends_with(' ')) {
            joined.pop_back();
        }
        joined += space ? ' ' : c;
    }
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const std::string_view word : core::split(joined, ' ')) {
        const std::size_t sign = word.find('=');
        if (sign != std::string_view::npos && sign > 0) {
            pairs.emplace_back(word.substr(0, sign), word.substr(sign + 1));
        }
    }
    return pairs;
}

Results parse(std::string_view value) {
    const std::string plain = without_comments(value.substr(0, kMostOctets));
    std::vector<std::string_view> parts = core::split(plain, ';');
    if (value.size() > kMostOctets) {
        parts.pop_back();  // it may be cut
    }
    Results found;
    if (parts.empty()) {
        return found;
    }
    // A version may stand behind the service.
    const std::string_view service = core::trim(parts.front());
    found.service = service.substr(0, service.find_first_of(" \t\r\n"));
    for (const std::string_view part : std::span(parts).subspan(1)) {
        auto pairs = pairs_of(part);
        if (pairs.empty()) {
            continue;
        }
        Result result;
        result.method = pairs.front().first.substr(0, pairs.front().first.find('/'));
        result.value = std::move(pairs.front().second);
        result.properties.assign(pairs.begin() + 1, pairs.end());
        found.results.push_back(std::move(result));
    }
    return found;
}

/// The domain of "a@example.org", "@example.org" or "example.org".
std::string_view domain_of(std::string_view text) {
    const std::size_t at = text.rfind('@');
    return at == std::string_view::npos ? text : text.substr(at + 1);
}

bool passes_for(const Result& result, std::string_view domain) {
    if (result.says("dmarc", "pass")) {
        return domain_of(result.property("header.from")) == domain;
    }
    if (result.says("dkim", "pass")) {
        const std::string_view signer = result.property("header.d");
        return (signer.empty() ? domain_of(result.property("header.i")) : signer) == domain;
    }
    return result.says("spf", "pass") && domain_of(result.property("smtp.mailfrom")) == domain;
}

}  // namespace

bool is_authenticated(const mail::HeaderList& headers,
                      const mail::Address& author,
                      const std::vector<std::string>& services) {
    if (services.empty()) {
        return false;
    }
    const std::string& domain = author.domain().text();
    bool passed = false;
    bool in_top_block = true;
    bool behind_received = false;
    std::size_t read = 0;
    for (const mail::HeaderField& field : headers.fields()) {
        if (!core::equals_ignoring_case(field.name, kField)) {
            in_top_block = in_top_block && !behind_received;
            behind_received = behind_received || core::equals_ignoring_case(field.name, "Received");
            continue;
        }
        if (++read > kMostFields) {
            return false;
        }
        const Results said = parse(field.value());
        if (std::ranges::none_of(services, [&](std::string_view service) {
                return core::equals_ignoring_case(service, said.service);
            })) {
            continue;
        }
        for (const Result& result : said.results) {
            if (result.says("dmarc", "fail")) {
                return false;
            }
            passed = passed || (in_top_block && passes_for(result, domain));
        }
    }
    return passed;
}

}  // namespace holdback::dsn
