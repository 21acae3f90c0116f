// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/json.hpp"

#include "core/clock.hpp"
#include "core/iso_time.hpp"

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <nlohmann/json.hpp>

namespace holdback::milter::ctl {

using Library = nlohmann::ordered_json;

Json::Json(Library value) : value_(std::make_unique<Library>(std::move(value))) {}
Json::Json(Scalar value) : Json(std::visit([](auto plain) { return Library(plain); }, value)) {}
Json::Json(std::nullptr_t /*null*/) : Json(Library()) {}
Json::Json(std::string_view text) : Json(Library(text)) {}
Json::Json(std::initializer_list<JsonMember> members) : Json(Library::object()) {
    for (const JsonMember& member : members) {
        set(member.name, member.value);
    }
}
Json::Json(const Json& other) : Json(*other.value_) {}
Json::Json(Json&& other) noexcept = default;
Json& Json::operator=(const Json& other) {
    return *this = Json(other);
}
Json& Json::operator=(Json&& other) noexcept = default;
Json::~Json() = default;

Json Json::array() {
    return Json(Library::array());
}

Json Json::object() {
    return Json(Library::object());
}

Json Json::parse(const std::string& text) {
    return Json(Library::parse(text, nullptr, /* allow_exceptions */ false));
}

void Json::set(std::string_view name, const Json& value) {
    (*value_)[std::string(name)] = *value.value_;
}

void Json::push_back(const Json& value) {
    value_->push_back(*value.value_);
}

std::string Json::text() const {
    // Only ASCII: a reader may take U+2028 and the like for line ends.
    constexpr bool kAsciiOnly = true;
    return value_->dump(-1, ' ', kAsciiOnly, Library::error_handler_t::replace);
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
