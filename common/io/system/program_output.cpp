// SPDX-License-Identifier: Apache-2.0
#include "io/system/program_output.hpp"

#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/system/child_process.hpp"

#include <array>
#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::system {

core::Result<ProgramOutput, std::string> run_program(const std::string& program,
                                                     const std::vector<std::string>& arguments,
                                                     std::string_view input,
                                                     core::SteadyPoint deadline) {
    constexpr std::size_t kMostOctets = std::size_t{4} << 20U;
    std::vector<std::string> argv{program};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    auto child = ChildProcess::start(program, argv, deadline);
    if (!child.has_value()) {
        return std::unexpected(std::move(child.error()));
    }
    // A program that ends early does not take all of its input; its output says why.
    static_cast<void>(child->write(input));
    child->end_input();
    ProgramOutput output;
    while (auto piece = child->read(deadline)) {
        if (child->is_late()) {
            return std::unexpected(fmt::format("{}: no answer in time", program));
        }
        output.text += *piece;
        if (output.text.size() > kMostOctets) {
            return std::unexpected(fmt::format("{}: prints too much", program));
        }
    }
    const auto end = child->finish();
    if (!end.has_value()) {
        return std::unexpected(fmt::format("{}: no answer in time", program));
    }
    if (!end->status.has_value()) {
        return std::unexpected(fmt::format("{}: ended by signal {}", program, end->signal));
    }
    output.status = *end->status;
    return output;
}

std::optional<std::string> find_program(std::string_view name) {
    constexpr std::array<std::string_view, 5> kDirectories{
        "/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin", "/sbin"};
    for (const std::string_view directory : kDirectories) {
        std::string path = fmt::format("{}/{}", directory, name);
        if (access(path.c_str(), X_OK) == 0) {
            return path;
        }
    }
    return std::nullopt;
}

}  // namespace holdback::io::system
