// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/options.hpp"

#include "terms/failure_code.hpp"

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace holdback::milter::ctl {

Words::Words(CLI::App& app, const std::string& name, const std::string& description)
    : option_(
          app.add_option(name, [](const CLI::results_t& /*words*/) { return true; }, description)) {
    constexpr int kMost = CLI::detail::expected_max_vector_size;
    option_->expected(kMost, kMost)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    option_->type_name("");
}

const std::vector<std::string>& Words::at_least_one() const {
    if (values().empty()) {
        throw CLI::RequiredError(option_->get_name());
    }
    return values();
}

void add_text(CLI::App& app,
              const std::string& name,
              std::optional<std::string>& value,
              const std::string& description) {
    app.add_option_function<std::string>(
        name, [&value](const std::string& text) { value = text; }, description);
}

void add_code(CLI::App& app, std::optional<terms::FailureCode>& code) {
    static constexpr OptionForm<terms::FailureCode> kForm{
        "--code", terms::FailureCode::parse, "a code of four digits"};
    add_parsed(app, kForm, code, "failure code");
}

}  // namespace holdback::milter::ctl
