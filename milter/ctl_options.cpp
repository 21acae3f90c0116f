// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl_options.hpp"

#include "config/value_text.hpp"
#include "mail/failure_code.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace holdback::milter {

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

void add_duration(CLI::App& app,
                  const std::string& name,
                  std::optional<std::chrono::milliseconds>& value,
                  const std::string& description) {
    add_parsed<std::chrono::milliseconds>(app,
                                          name,
                                          value,
                                          config::parse_duration,
                                          "a number with its unit such as 12h or 30d",
                                          description);
}

void add_code(CLI::App& app, std::optional<mail::FailureCode>& code) {
    add_parsed<mail::FailureCode>(
        app, "--code", code, mail::FailureCode::parse, "a code of four digits", "failure code");
}

}  // namespace holdback::milter
