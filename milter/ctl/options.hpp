// SPDX-License-Identifier: Apache-2.0
#pragma once
// Commands, options and arguments of the control tool. CLI11, which parses them, is read by
// options.cpp and by the entry point alone. A value that does not parse is a usage error. What
// these functions are given to write to outlives the parsing.

#include "config/value_text.hpp"
#include "core/text.hpp"
#include "terms/failure_code.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

// NOLINTNEXTLINE(readability-identifier-naming): the library calls it so
namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace holdback::milter::ctl {

/// Leaves the parsing: the command line is wrong, and `text` says why.
[[noreturn]] void wrong_usage(const std::string& text);
/// The same, about the value of an option.
[[noreturn]] void wrong_usage(std::string_view option, const std::string& text);

[[nodiscard]] CLI::App& add_command(CLI::App& parent,
                                    const std::string& name,
                                    const std::string& description);
/// The command is nothing without one of those below it.
void need_subcommand(CLI::App& app);
/// `act` runs when the command was given, after its options are parsed.
void when_given(CLI::App& app, std::function<void()> act);

/// The words of a command, octet by octet as they were given. Where any number of words is allowed,
/// CLI11 splits words in brackets as lists. So it is told to expect more words than there can be.
class Words {
public:
    Words(CLI::App& app, const std::string& name, const std::string& description);

    /// Call it after the command line was parsed.
    [[nodiscard]] const std::vector<std::string>& values() const;
    /// The same; no words at all are a usage error.
    [[nodiscard]] const std::vector<std::string>& at_least_one() const;

private:
    CLI::Option* option_;
};

void add_flag(CLI::App& app, const std::string& name, bool& value, const std::string& description);
/// A flag that does something when it is given.
void add_flag(CLI::App& app,
              const std::string& name,
              std::function<void()> act,
              const std::string& description);

void add_text(CLI::App& app,
              const std::string& name,
              std::string& value,
              const std::string& description);
void add_text(CLI::App& app,
              const std::string& name,
              std::optional<std::string>& value,
              const std::string& description);
/// A text of which the help says what it is: "FILE".
void add_text_of(CLI::App& app,
                 const std::string& name,
                 std::string& value,
                 const std::string& description,
                 const std::string& what);
/// A word that has to be there.
void add_needed_word(CLI::App& app,
                     const std::string& name,
                     std::string& value,
                     const std::string& description);
/// A number up to `most`.
void add_number(CLI::App& app,
                const std::string& name,
                std::size_t& value,
                int most,
                const std::string& description);
/// Hands the text over as it was given.
void add_taken(CLI::App& app,
               const std::string& name,
               const std::function<void(const std::string&)>& take,
               const std::string& description);

/// An option whose value `parse` reads; `expects` ends the sentence "must be …".
template <typename T>
struct OptionForm {
    std::string_view name;
    std::optional<T> (*parse)(std::string_view);
    std::string_view expects;
};

/// `form` outlives the parsing, too.
template <typename T>
void add_parsed(CLI::App& app,
                const OptionForm<T>& form,
                std::optional<T>& value,
                const std::string& description) {
    const auto take = [&value, &form](const std::string& text) {
        value = form.parse(text);
        if (!value.has_value()) {
            wrong_usage(form.name,
                        fmt::format("must be {}, not {}", form.expects, core::in_quotes(text)));
        }
    };
    add_taken(app, std::string(form.name), take, description);
}

/// The form of an option that takes a duration: a whole number with its unit.
constexpr OptionForm<std::chrono::milliseconds> duration_form(std::string_view name) {
    return {name, config::parse_duration, "a number with its unit such as 12h or 30d"};
}
/// `--code`
void add_code(CLI::App& app, std::optional<terms::FailureCode>& code);

}  // namespace holdback::milter::ctl
