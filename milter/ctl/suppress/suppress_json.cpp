// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/suppress/suppress_json.hpp"

#include "lists/address_column.hpp"

#include <cstddef>
#include <functional>
#include <ios>
#include <istream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace holdback::milter::ctl {

namespace {

/// No service gives deeper objects.
constexpr std::size_t kMostDepth = 64;

/// Collects the members of each object while nlohmann-json parses.
class RowCollector final : public nlohmann::json_sax<nlohmann::json> {
public:
    RowCollector(const std::optional<std::string>& wanted,
                 const std::function<void(const JsonRow&)>& visit)
        : wanted_(wanted), visit_(visit) {}

    [[nodiscard]] const std::string& trouble() const { return trouble_; }

    bool null() override { return take({}); }
    bool boolean(bool value) override { return take(value ? "true" : "false"); }
    bool number_integer(number_integer_t value) override { return take(fmt::format("{}", value)); }
    bool number_unsigned(number_unsigned_t value) override {
        return take(fmt::format("{}", value));
    }
    bool number_float(number_float_t value, const string_t& /*text*/) override {
        return take(fmt::format("{:.3f}", value));
    }
    bool string(string_t& value) override { return take(std::move(value)); }
    bool binary(binary_t& /*value*/) override { return take({}); }
    bool start_object(std::size_t /*size*/) override {
        objects_.emplace_back();
        return objects_.size() <= kMostDepth;
    }
    bool key(string_t& name) override {
        name_ = std::move(name);
        return true;
    }
    bool end_object() override {
        const JsonRow row = std::move(objects_.back());
        objects_.pop_back();
        const auto member = lists::find_address_member(row.names, row.values, wanted_);
        if (member.has_value() || member.error().trouble == lists::ColumnTrouble::Several) {
            visit_(row);
        }
        return true;
    }
    bool start_array(std::size_t /*size*/) override {
        name_.clear();
        return true;
    }
    bool end_array() override { return true; }
    bool parse_error(std::size_t position,
                     const std::string& /*token*/,
                     const nlohmann::json::exception& /*error*/) override {
        trouble_ = fmt::format("no JSON at octet {}", position);
        return false;
    }

private:
    bool take(std::string value) {
        if (!objects_.empty() && !name_.empty()) {
            objects_.back().names.push_back(std::exchange(name_, {}));
            objects_.back().values.push_back(std::move(value));
        }
        return true;
    }

    const std::optional<std::string>& wanted_;
    const std::function<void(const JsonRow&)>& visit_;
    std::vector<JsonRow> objects_;
    std::string name_;
    std::string trouble_;
};

}  // namespace

bool is_json(std::istream& in) {
    // An object or a list: no address or column name begins with these.
    const int first = in.peek();
    if (first == std::istream::traits_type::eof()) {
        in.clear(in.rdstate() & ~(std::ios::failbit | std::ios::eofbit));
    }
    return first == '{' || first == '[';
}

std::optional<std::string> read_json_rows(std::istream& in,
                                          const std::optional<std::string>& wanted,
                                          const std::function<void(const JsonRow&)>& visit) {
    RowCollector collector(wanted, visit);
    while (in >> std::ws && in.peek() != std::istream::traits_type::eof()) {
        constexpr bool kWholeText = false;
        if (!nlohmann::json::sax_parse(
                in, &collector, nlohmann::json::input_format_t::json, kWholeText)) {
            return collector.trouble().empty() ? "JSON too deep" : collector.trouble();
        }
    }
    return std::nullopt;
}

}  // namespace holdback::milter::ctl
