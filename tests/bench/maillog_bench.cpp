// SPDX-License-Identifier: Apache-2.0
// How many lines of the mail log are understood in a second on one core, beside a plain scan of the
// same lines: maillog_bench FILE…
#include "maillog/log_line.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <exception>
#include <fstream>
#include <ios>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace {

namespace maillog = holdback::maillog;

constexpr std::size_t kOctets = 32U << 20U;
constexpr int kRounds = 5;

/// The processor time of this process.
double cpu_seconds() {
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

/// The files' lines again and again until there is enough to measure.
std::string read_lines(std::span<char* const> paths) {
    std::ostringstream all;
    for (const char* path : paths) {
        all << std::ifstream(path, std::ios::binary).rdbuf();
    }
    const std::string once = all.str();
    if (once.empty()) {
        throw std::runtime_error("no lines");
    }
    std::string many;
    while (many.size() < kOctets) {
        many += once;
    }
    return many;
}

template <typename Act>
void for_each_line(std::string_view text, Act act) {
    while (!text.empty()) {
        const void* end = std::memchr(text.data(), '\n', text.size());
        const std::size_t length =
            end == nullptr ? text.size()
                           : static_cast<std::size_t>(static_cast<const char*>(end) - text.data());
        act(text.substr(0, length));
        text.remove_prefix(std::min(length + 1, text.size()));
    }
}

/// The best of some rounds, in seconds.
template <typename Work>
double best_of(Work work) {
    double best = 1e9;
    for (int round = 0; round < kRounds; ++round) {
        const double start = cpu_seconds();
        work();
        best = std::min(best, cpu_seconds() - start);
    }
    return best;
}

int run(std::span<char* const> paths) {
    const std::string text = read_lines(paths);
    const maillog::LogClock clock{.now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23),
                                  .utc_offset = {}};
    std::size_t lines = 0;
    std::size_t outcomes = 0;
    std::uint64_t sum = 0;
    // Every octet is looked at once: the least that any reader of the log does.
    const double scan = best_of([&] {
        lines = 0;
        for_each_line(text, [&](std::string_view line) {
            ++lines;
            for (const char c : line) {
                sum = (sum * 31) + static_cast<unsigned char>(c);
            }
        });
    });
    const double understand = best_of([&] {
        outcomes = 0;
        for_each_line(text, [&](std::string_view line) {
            outcomes += maillog::read_maillog_line(line, clock).outcomes.size();
        });
    });
    fmt::print(
        "lines {} outcomes {} scan_per_second {:.0f} understood_per_second {:.0f} ratio "
        "{:.2f} ({})\n",
        lines,
        outcomes,
        static_cast<double>(lines) / scan,
        static_cast<double>(lines) / understand,
        understand / scan,
        sum % 10);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(std::span<char* const>(argv, static_cast<std::size_t>(argc)).subspan(1));
    } catch (const std::exception& error) {
        fmt::print(stderr, "maillog_bench: {}\n", error.what());
        return 1;
    }
}
