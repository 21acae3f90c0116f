// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/options.hpp"

#include "terms/failure_code.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

namespace holdback::milter::ctl {

void wrong_usage(const std::string& text) {
    throw CLI::ValidationError(text);
}

void wrong_usage(std::string_view option, const std::string& text) {
    throw CLI::ValidationError(std::string(option), text);
}

CLI::App& add_command(CLI::App& parent, const std::string& name, const std::string& description) {
    return *parent.add_subcommand(name, description);
}

void need_subcommand(CLI::App& app) {
    app.require_subcommand(1);
}

void when_given(CLI::App& app, std::function<void()> act) {
    app.callback(std::move(act));
}

Words::Words(CLI::App& app, const std::string& name, const std::string& description)
    : option_(
          app.add_option(name, [](const CLI::results_t& /*words*/) { return true; }, description)) {
    constexpr int kMost = CLI::detail::expected_max_vector_size;
    option_->expected(kMost, kMost)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    option_->type_name("");
}

const std::vector<std::string>& Words::values() const {
    return option_->results();
}

const std::vector<std::string>& Words::at_least_one() const {
    if (values().empty()) {
        throw CLI::RequiredError(option_->get_name());
    }
    return values();
}

void add_flag(CLI::App& app, const std::string& name, bool& value, const std::string& description) {
    app.add_flag(name, value, description);
}

void add_flag(CLI::App& app,
              const std::string& name,
              std::function<void()> act,
              const std::string& description) {
    app.add_flag_callback(name, std::move(act), description);
}

void add_text(CLI::App& app,
              const std::string& name,
              std::string& value,
              const std::string& description) {
    app.add_option(name, value, description);
}

void add_text(CLI::App& app,
              const std::string& name,
              std::optional<std::string>& value,
              const std::string& description) {
    add_taken(app, name, [&value](const std::string& text) { value = text; }, description);
}

void add_text_of(CLI::App& app,
                 const std::string& name,
                 std::string& value,
                 const std::string& description,
                 const std::string& what) {
    app.add_option(name, value, description)->type_name(what);
}

void add_needed_word(CLI::App& app,
                     const std::string& name,
                     std::string& value,
                     const std::string& description) {
    app.add_option(name, value, description)->required();
}

void add_number(CLI::App& app,
                const std::string& name,
                std::size_t& value,
                int most,
                const std::string& description) {
    app.add_option(name, value, description)->check(CLI::Range(0, most));
}

void add_taken(CLI::App& app,
               const std::string& name,
               const std::function<void(const std::string&)>& take,
               const std::string& description) {
    app.add_option_function<std::string>(name, take, description);
}

void add_code(CLI::App& app, std::optional<terms::FailureCode>& code) {
    static constexpr OptionForm<terms::FailureCode> kForm{
        "--code", terms::FailureCode::parse, "a code of four digits"};
    add_parsed(app, kForm, code, "failure code");
}

}  // namespace holdback::milter::ctl
