// SPDX-License-Identifier: Apache-2.0
// How long understanding a message takes: classify_bench WORK ROUNDS CODES RULES LEXICON PATH…,
// where WORK is gmime (GMime parses it, nothing else), read (our reader), or holdback (reader and
// all that follows). One thread; the messages are in memory before the clock starts. Writes one
// line: WORK, messages, seconds of CPU time, and the peak memory in KiB.

#include "dsn/classify.hpp"
#include "io/mime/gmime_reader.hpp"
#include "io/settings/codes_file.hpp"
#include "io/settings/lexicon_file.hpp"
#include "io/settings/rules_file.hpp"
#include "reading/knowledge.hpp"

#include <charconv>
#include <cstddef>
#include <cstdio>
#include <ctime>
#include <exception>
#include <fstream>
#include <functional>
#include <ios>
#include <optional>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmime/gmime.h>

namespace {

using namespace holdback;

std::vector<std::string> read_messages(std::span<char* const> paths) {
    std::vector<std::string> messages;
    for (const char* path : paths) {
        std::ostringstream octets;
        octets << std::ifstream(path, std::ios::binary).rdbuf();
        messages.push_back(octets.str());
    }
    return messages;
}

/// What GMime itself needs for a message.
void parse_only(std::string_view octets) {
    GMimeStream* const stream = g_mime_stream_mem_new_with_buffer(octets.data(), octets.size());
    GMimeParser* const parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage* const message = g_mime_parser_construct_message(parser, nullptr);
    if (message != nullptr) {
        g_object_unref(message);
    }
    g_object_unref(parser);
    g_object_unref(stream);
}

double cpu_seconds() {
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

/// In KiB.
std::string peak_memory() {
    constexpr std::string_view kName = "VmHWM:";
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        if (word == kName && status >> word) {
            return word;
        }
    }
    return "0";
}

std::size_t number(std::string_view text) {
    std::size_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

int run(std::span<char* const> arguments) {
    if (arguments.size() < 7) {
        throw std::runtime_error(
            "usage: classify_bench gmime|read|holdback ROUNDS CODES RULES LEXICON PATH…");
    }
    const std::string_view work = arguments[1];
    const std::size_t rounds = number(arguments[2]);
    const auto codes = io::settings::read_codes(arguments[3]);
    const std::string directory = arguments[4];
    const reading::Knowledge knowledge{
        .rules = io::settings::load_rules(std::span(&directory, 1), codes.value()).value(),
        .lexicon = io::settings::load_lexicon(arguments[5], {}, codes.value()).value()};
    const std::vector<std::string> messages = read_messages(arguments.subspan(6));
    // Our reader changes what GMime makes of embedded messages, so that it must not exist beside
    // the bare parse.
    std::optional<io::mime::GmimeReader> reader;
    std::function<void(const std::string&)> act = parse_only;
    if (work == "gmime") {
        g_mime_init();
    } else {
        reader.emplace();
    }
    if (work == "read") {
        act = [&](const std::string& octets) { static_cast<void>(reader->read(octets)); };
    } else if (work == "holdback") {
        act = [&](const std::string& octets) {
            static_cast<void>(dsn::understand(reader->read(octets), knowledge, codes.value()));
        };
    }
    const double start = cpu_seconds();
    for (std::size_t round = 0; round < rounds; ++round) {
        for (const std::string& octets : messages) {
            act(octets);
        }
    }
    const double took = cpu_seconds() - start;
    fmt::print("{} {} {:.6f} {}\n", work, rounds * messages.size(), took, peak_memory());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(std::span<char* const>(argv, static_cast<std::size_t>(argc)));
    } catch (const std::exception& error) {
        fmt::print(stderr, "classify_bench: {}\n", error.what());
        return 1;
    }
}
