// SPDX-License-Identifier: Apache-2.0
#pragma once
// JSON as the control tool writes it: one object per line.

#include "core/clock.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

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
    Json(T value) : form_(Form::Word) {
        if constexpr (std::same_as<T, bool>) {
            word_ = value ? "true" : "false";
        } else {
            word_ = std::to_string(value);
        }
    }
    Json(std::initializer_list<JsonMember> members);
    // NOLINTEND(google-explicit-constructor,hicpp-explicit-conversions)
    Json(const Json& other);
    Json(Json&& other) noexcept;
    Json& operator=(const Json& other);
    Json& operator=(Json&& other) noexcept;
    ~Json();

    [[nodiscard]] static Json array() { return {Form::Array, {}}; }
    [[nodiscard]] static Json object() { return {Form::Object, {}}; }
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
    enum class Form : std::uint8_t { Word, Array, Object };

    Json(Form form, std::string word);

    struct Part {
        std::string name;  ///< empty in an array
        std::string text;
    };

    Form form_;
    std::string word_;  ///< null, true, a number, a string in its quotes
    std::vector<Part> parts_;
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
