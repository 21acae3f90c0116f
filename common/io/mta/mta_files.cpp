// SPDX-License-Identifier: Apache-2.0
#include "io/mta/mta_files.hpp"

#include "core/clock.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "io/system/program_output.hpp"

#include <cerrno>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <fstream>
#include <ios>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::mta {

namespace {

/// The last line, which says what went wrong.
std::string_view last_line(std::string_view text) {
    text = core::trim(text);
    return text.substr(text.rfind('\n') + 1);
}

}  // namespace

core::Result<std::string, std::string> read_file(const std::string& path) {
    constexpr std::uintmax_t kMostOctets = std::uintmax_t{16} << 20U;
    std::error_code error;
    const auto octets = std::filesystem::file_size(path, error);
    if (error) {
        return std::unexpected(fmt::format("{}: {}", path, error.message()));
    }
    if (octets > kMostOctets) {
        return std::unexpected(fmt::format("{}: is longer than 16 MiB", path));
    }
    const std::ifstream file(path, std::ios::binary);
    if (!file.is_open()) {
        return std::unexpected(fmt::format("{}: {}", path, std::generic_category().message(errno)));
    }
    std::ostringstream text;
    text << file.rdbuf();
    return std::move(text).str();
}

core::Result<std::string, std::string> ask_postconf(const std::string& program,
                                                    const std::string& directory,
                                                    std::vector<std::string> question,
                                                    core::SteadyPoint deadline) {
    question.insert(question.begin(), {"-c", directory});
    auto output = system::run_program(program, question, {}, deadline);
    if (!output.has_value()) {
        return std::unexpected(std::move(output.error()));
    }
    if (output->status != 0) {
        return std::unexpected(
            fmt::format("{} -c {}: {}", program, directory, last_line(output->text)));
    }
    return std::move(output->text);
}

}  // namespace holdback::io::mta
