// SPDX-License-Identifier: Apache-2.0
// What it costs to compare a message with the others of its sender: fingerprint_bench ROUNDS. One
// thread. A line for each kind of message: octets, microseconds for reading it, for its
// fingerprint, and for counting it among 64 others.

#include "core/clock.hpp"
#include "flow/outgoing/message_content.hpp"
#include "io/mime/gmime_reader.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "outbound/content_fingerprint.hpp"
#include "outbound/repeat_window.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace {

using namespace holdback;

double cpu_seconds() {
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

/// Words that look like a language.
std::string prose(std::size_t octets, std::uint64_t seed) {
    std::string text;
    while (text.size() < octets) {
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        const std::size_t length = 2 + (seed >> 60U) % 9;
        for (std::size_t i = 0; i < length; ++i) {
            text += static_cast<char>('a' + (seed >> (5 * i)) % 26);
        }
        text += text.size() % 700 < 10 ? ".\r\n" : " ";
    }
    return text;
}

struct Sample {
    std::string_view what;
    std::string_view type;
    std::string body;
};

std::vector<Sample> samples(std::uint64_t seed) {
    const std::string html = "<html><body><table><tr><td style=\"color: red\">" +
                             prose(12'000, seed) + "</td></tr></table></body></html>\r\n";
    return {{"plain, short", "text/plain", prose(1'000, seed)},
            {"plain, long", "text/plain", prose(60'000, seed)},
            {"plain and HTML",
             "multipart/alternative; boundary=b",
             "--b\r\nContent-Type: text/plain\r\n\r\n" + prose(4'000, seed) +
                 "\r\n--b\r\nContent-Type: text/html\r\n\r\n" + html + "\r\n--b--\r\n"}};
}

void measure(std::size_t which, int rounds) {
    const io::mime::GmimeReader reader;
    outbound::RepeatWindow window;
    mail::Envelope envelope;
    envelope.recipients.push_back(
        {.verbatim = "<anna@good.test>",
         .syntax = mail::Address::parse("anna@good.test", mail::Smtputf8::No),
         .arguments = {},
         .mailer = {}});
    double read = 0;
    double printed = 0;
    double counted = 0;
    std::size_t octets = 0;
    std::string what;
    for (int round = 0; round < rounds; ++round) {
        const Sample sample = samples(static_cast<std::uint64_t>(round) * 7919).at(which);
        what = sample.what;
        octets = sample.body.size();
        mail::HeaderList headers;
        headers.add("From", " <news@shop.test>");
        headers.add("To", " Anna Lee <anna@good.test>");
        headers.add("Subject", " =?utf-8?Q?Sommer=C3=BC?= news");
        headers.add("Content-Type", fmt::format(" {}", sample.type));
        const double start = cpu_seconds();
        const auto content =
            flow::outgoing::message_content(envelope, headers, sample.body, reader);
        const double have_content = cpu_seconds();
        const auto print = outbound::content_fingerprint(content);
        const double have_print = cpu_seconds();
        static_cast<void>(window.observe({.sender = "news@shop.test",
                                          .content = print,
                                          .recipients = static_cast<std::uint64_t>(round)},
                                         20,
                                         std::chrono::minutes(10),
                                         core::SteadyPoint(std::chrono::seconds(round))));
        counted += cpu_seconds() - have_print;
        printed += have_print - have_content;
        read += have_content - start;
    }
    const double scale = 1e6 / rounds;
    fmt::print("{:<16} {:>6} octets  read {:7.1f} us  fingerprint {:7.1f} us  count {:6.1f} us\n",
               what,
               octets,
               read * scale,
               printed * scale,
               counted * scale);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const std::span<char* const> arguments(argv, static_cast<std::size_t>(argc));
        const int rounds = argc > 1 ? std::stoi(arguments[1]) : 1000;
        for (const std::size_t which : {0U, 1U, 2U}) {
            measure(which, rounds);
        }
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 1;
    }
}
