// SPDX-License-Identifier: Apache-2.0
#include "dsn/auth_results.hpp"

#include "core/text.hpp"
#include "mail/address.hpp"
#include "mail/header.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
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

bool is_control(char c) {
    return (static_cast<unsigned char>(c) < 0x20 && !core::is_ascii_space(c)) || c == 0x7F;
}

/// True for the octets of a word outside comments and quotes: a token, an address or a number.
bool is_word_octet(char c) {
    constexpr std::string_view kSpecials = "()<>,;\\\"[]=";
    return !core::is_ascii_space(c) && !is_control(c) &&
           kSpecials.find(c) == std::string_view::npos;
}

/// True for a keyword of the protocol: "dkim", "pass", "header".
bool is_keyword(std::string_view word) {
    return !word.empty() && std::ranges::all_of(word, [](char c) {
        return core::is_ascii_alpha(c) || core::is_ascii_digit(c) || c == '-';
    });
}

/// Reads a field from left to right and skips RFC 5322's CFWS behind each piece. Where the grammar
/// is broken, nothing more comes and `is_at_end` stays false.
class FieldReader {
public:
    explicit FieldReader(std::string_view text) : text_(text) { skip_white(); }

    [[nodiscard]] bool is_at_end() const { return at_ == text_.size(); }

    bool take(char c) {
        if (at_ >= text_.size() || text_[at_] != c) {
            return false;
        }
        ++at_;
        skip_white();
        return true;
    }

    /// The next word in lower case; empty when there is none.
    std::string word() {
        std::string found = bare_word();
        skip_white();
        return found;
    }

    /// A word, or a quoted string that "@domain" may follow; nullopt for anything else.
    std::optional<std::string> value() {
        std::string found;
        if (at_ < text_.size() && text_[at_] == '"') {
            if (!quoted(found)) {
                return std::nullopt;
            }
            if (at_ < text_.size() && text_[at_] == '@') {
                found += bare_word();
            }
        } else {
            found = bare_word();
            if (found.empty()) {
                return std::nullopt;
            }
        }
        const bool is_apart = at_ == text_.size() || core::is_ascii_space(text_[at_]) ||
                              text_[at_] == ';' || text_[at_] == '(';
        if (!is_apart) {
            return std::nullopt;
        }
        skip_white();
        return found;
    }

private:
    std::string bare_word() {
        std::string found;
        while (at_ < text_.size() && is_word_octet(text_[at_])) {
            found += core::ascii_lower(text_[at_]);
            ++at_;
        }
        return found;
    }

    bool quoted(std::string& found) {
        for (++at_; at_ < text_.size() && !is_control(text_[at_]); ++at_) {
            if (text_[at_] == '"') {
                ++at_;
                return true;
            }
            if (text_[at_] == '\\') {
                ++at_;
            }
            if (at_ == text_.size()) {
                return false;
            }
            found += core::ascii_lower(text_[at_]);
        }
        return false;
    }

    /// Stops in front of a comment that has no end.
    void skip_white() {
        while (at_ < text_.size()) {
            if (core::is_ascii_space(text_[at_])) {
                ++at_;
            } else if (text_[at_] != '(' || !skip_comment()) {
                return;
            }
        }
    }

    bool skip_comment() {
        std::size_t depth = 0;
        for (std::size_t i = at_; i < text_.size() && !is_control(text_[i]); ++i) {
            if (text_[i] == '\\') {
                ++i;
            } else if (text_[i] == '(') {
                ++depth;
            } else if (text_[i] == ')' && --depth == 0) {
                at_ = i + 1;
                return true;
            }
        }
        return false;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

/// Reads a `methodspec`: "dkim=pass", "dkim/1=pass".
bool read_method(FieldReader& reader, std::string method, Result& result) {
    if (const std::size_t slash = method.find('/'); slash != std::string::npos) {
        if (slash + 1 == method.size() ||
            !std::ranges::all_of(method.substr(slash + 1), core::is_ascii_digit)) {
            return false;
        }
        method.resize(slash);
    }
    if (!is_keyword(method) || !reader.take('=')) {
        return false;
    }
    result.method = std::move(method);
    result.value = reader.word();
    return is_keyword(result.value);
}

/// Reads every `reasonspec` and `propspec`. A name that occurs twice says nothing.
bool read_properties(FieldReader& reader, Result& result) {
    for (bool first = true;; first = false) {
        std::string name = reader.word();
        if (name.empty()) {
            return true;
        }
        const std::size_t dot = name.find('.');
        const bool is_reason = first && name == "reason";
        const bool is_property = dot != std::string::npos &&
                                 is_keyword(std::string_view(name).substr(0, dot)) &&
                                 is_keyword(std::string_view(name).substr(dot + 1));
        if ((!is_reason && !is_property) || !reader.take('=')) {
            return false;
        }
        auto value = reader.value();
        if (!value.has_value() || !result.property(name).empty()) {
            return false;
        }
        result.properties.emplace_back(std::move(name), *std::move(value));
    }
}

/// Parses a field that exactly follows its grammar (RFC 8601 section 2.2); nullopt for all others.
std::optional<Results> parse(std::string_view text) {
    if (text.size() > kMostOctets) {
        return std::nullopt;
    }
    FieldReader reader(text);
    Results found;
    auto service = reader.value();
    if (!service.has_value()) {
        return std::nullopt;
    }
    found.service = *std::move(service);
    const std::string version = reader.word();
    if (!std::ranges::all_of(version, core::is_ascii_digit)) {
        return std::nullopt;
    }
    while (reader.take(';')) {
        std::string method = reader.word();
        if (method == "none" && found.results.empty() && reader.is_at_end()) {
            return found;
        }
        Result result;
        if (!read_method(reader, std::move(method), result) || !read_properties(reader, result)) {
            return std::nullopt;
        }
        found.results.push_back(std::move(result));
    }
    return reader.is_at_end() ? std::optional(std::move(found)) : std::nullopt;
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
    std::vector<std::string> heard;
    for (const mail::HeaderField& field : headers.fields()) {
        if (!core::equals_ignoring_case(field.name, kField)) {
            in_top_block = in_top_block && !behind_received;
            behind_received = behind_received || core::equals_ignoring_case(field.name, "Received");
            continue;
        }
        if (++read > kMostFields) {
            return false;
        }
        const auto said = parse(field.value());
        if (!said.has_value() || std::ranges::none_of(services, [&](std::string_view service) {
                return core::equals_ignoring_case(service, said->service);
            })) {
            continue;
        }
        const bool is_first = std::ranges::find(heard, said->service) == heard.end();
        heard.push_back(said->service);
        for (const Result& result : said->results) {
            if (result.says("dmarc", "fail")) {
                return false;
            }
            passed = passed || (is_first && in_top_block && passes_for(result, domain));
        }
    }
    return passed;
}

}  // namespace holdback::dsn
