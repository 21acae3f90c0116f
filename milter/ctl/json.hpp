// SPDX-License-Identifier: Apache-2.0
#pragma once
// JSON as the control tool writes it: one object per line.

#include "core/clock.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <variant>

#include <nlohmann/json_fwd.hpp>

namespace holdback::milter::ctl {

struct JsonMember;

/// A value of JSON. An object keeps its members in the order of insertion.
class Json {
public:
    // Values are written as they are in JSON, so what they are made of becomes one by itself.
    // NOLINTBEGIN(google-explicit-constructor,hicpp-explicit-conversions)
    Json(std::nullptr_t /*null*/);
    /// Octets that are not UTF-8 become U+FFFD.
    Json(std::string_view text);
    Json(const std::string& text) : Json(std::string_view(text)) {}
    Json(const char* text) : Json(std::string_view(text)) {}
    /// A number, true or false.
    template <std::integral T>
    Json(T value) : Json(scalar_of(value)) {}
    Json(std::initializer_list<JsonMember> members);
    // NOLINTEND(google-explicit-constructor,hicpp-explicit-conversions)
    Json(const Json& other);
    Json(Json&& other) noexcept;
    Json& operator=(const Json& other);
    Json& operator=(Json&& other) noexcept;
    ~Json();

    [[nodiscard]] static Json array();
    [[nodiscard]] static Json object();
    /// An array of the values.
    template <typename Values>
    [[nodiscard]] static Json array_of(const Values& values) {
        Json all = array();
        for (const auto& value : values) {
            all.push_back(value);
        }
        return all;
    }
    /// What a text of JSON says; it has to be one.
    [[nodiscard]] static Json parse(const std::string& text);

    /// Gives an object a member, or the one that it has another value.
    void set(std::string_view name, const Json& value);
    /// Adds a value to an array.
    void push_back(const Json& value);

    /// The value as ASCII, without white space.
    [[nodiscard]] std::string text() const;

private:
    using Scalar = std::variant<bool, std::int64_t, std::uint64_t>;

    explicit Json(nlohmann::ordered_json value);
    explicit Json(Scalar value);

    template <std::integral T>
    [[nodiscard]] static Scalar scalar_of(T value) {
        if constexpr (std::same_as<T, bool>) {
            return value;
        } else if constexpr (std::signed_integral<T>) {
            return std::int64_t{value};
        } else {
            return std::uint64_t{value};
        }
    }

    std::unique_ptr<nlohmann::ordered_json> value_;  ///< so that few sources read the library
};

struct JsonMember {
    std::string_view name;
    Json value;
};

/// One object as one line of ASCII with its line end.
[[nodiscard]] std::string json_line(const Json& object);
void write_json(std::ostream& out, const Json& object);

/// The text, or null when it is empty.
[[nodiscard]] Json text_or_null(std::string_view text);
/// "2025-03-01T12:00:00Z", or null.
[[nodiscard]] Json time_or_null(const std::optional<core::TimePoint>& time);

}  // namespace holdback::milter::ctl
