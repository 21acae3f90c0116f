// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/json.hpp"

#include "core/clock.hpp"
#include "core/iso_time.hpp"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

namespace holdback::milter::ctl {

namespace {

using Library = nlohmann::ordered_json;

std::string text_of(const Library& value) {
    // Only ASCII: a reader may take U+2028 and the like for line ends.
    constexpr bool kAsciiOnly = true;
    return value.dump(-1, ' ', kAsciiOnly, Library::error_handler_t::replace);
}

}  // namespace

Json::Json(Form form, std::string word) : form_(form), word_(std::move(word)) {}
Json::Json(std::nullptr_t /*null*/) : Json(Form::Word, "null") {}
Json::Json(std::string_view text) : Json(Form::Word, text_of(Library(text))) {}
Json::Json(std::initializer_list<JsonMember> members) : form_(Form::Object) {
    parts_.reserve(members.size());
    for (const JsonMember& member : members) {
        parts_.emplace_back(std::string(member.name), member.value.text());
    }
}
Json::Json(const Json& other) = default;
Json::Json(Json&& other) noexcept = default;
Json& Json::operator=(const Json& other) = default;
Json& Json::operator=(Json&& other) noexcept = default;
Json::~Json() = default;

Json Json::parse(const std::string& text) {
    return {Form::Word, text_of(Library::parse(text, nullptr, /* allow_exceptions */ false))};
}

void Json::set(std::string_view name, const Json& value) {
    const auto found = std::ranges::find(parts_, name, &Part::name);
    if (found == parts_.end()) {
        parts_.emplace_back(std::string(name), value.text());
    } else {
        found->text = value.text();
    }
}

void Json::push_back(const Json& value) {
    parts_.emplace_back(std::string(), value.text());
}

std::string Json::text() const {
    if (form_ == Form::Word) {
        return word_;
    }
    std::string out(1, form_ == Form::Array ? '[' : '{');
    for (const Part& part : parts_) {
        if (&part != &parts_.front()) {
            out += ',';
        }
        if (form_ == Form::Object) {
            out += text_of(Library(part.name)) + ':';
        }
        out += part.text;
    }
    return out + (form_ == Form::Array ? ']' : '}');
}

std::string json_line(const Json& object) {
    return object.text() + '\n';
}

void write_json(std::ostream& out, const Json& object) {
    out << json_line(object);
}

Json text_or_null(std::string_view text) {
    return text.empty() ? Json(nullptr) : Json(text);
}

Json time_or_null(const std::optional<core::TimePoint>& time) {
    return time.has_value() ? Json(core::iso_time(*time)) : Json(nullptr);
}

}  // namespace holdback::milter::ctl
