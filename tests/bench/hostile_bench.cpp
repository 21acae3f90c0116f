// SPDX-License-Identifier: Apache-2.0
// Whether work grows faster than its input: hostile_bench CODES RULES LEXICON [WORD…]. Each shape
// of message that somebody could send to keep us busy is made at two sizes, one twice the other,
// and read in a process of its own. Prints seconds of CPU time and the memory beyond the message
// for both, and how they grew; with WORDs, only for shapes whose name holds one. Exits with 1 when
// a ratio is above 2.5 and the larger figure above 20 ms or 4 MiB: less than that is noise.

#include "core/clock.hpp"
#include "dsn/classify.hpp"
#include "dsn/learn.hpp"
#include "dsn/proof.hpp"
#include "dsn/seal.hpp"
#include "dsn/tag.hpp"
#include "dsn/unknown_text.hpp"
#include "flow/outgoing/message_content.hpp"
#include "io/mime/gmime_reader.hpp"
#include "io/settings/codes_file.hpp"
#include "io/settings/lexicon_file.hpp"
#include "io/settings/rules_file.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "outbound/content_fingerprint.hpp"
#include "reading/knowledge.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <ctime>
#include <exception>
#include <fstream>
#include <functional>
#include <malloc.h>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

namespace {

using namespace holdback;

constexpr double kMostGrowth = 2.5;
constexpr double kNoiseSeconds = 0.020;
constexpr double kNoiseKib = 4096;

/// The parts of a message, repeated `n` times where the shape says so.
using Make = std::function<std::string(std::size_t n)>;

/// A hostile message; `small` is the number for which it is made at the smaller size.
struct Shape {
    std::string_view name;
    std::size_t small;
    Make make;
};

std::string times(std::size_t n, const std::function<std::string(std::size_t)>& piece) {
    std::string all;
    for (std::size_t i = 0; i < n; ++i) {
        all += piece(i);
    }
    return all;
}

std::string times(std::size_t n, std::string_view piece) {
    return times(n, [piece](std::size_t) { return std::string(piece); });
}

std::string head(std::string_view type, std::string_view more = {}) {
    return fmt::format(
        "Return-Path: <>\nFrom: MAILER-DAEMON@a.test (Mail Delivery System)\nTo: news@shop.test\n"
        "Subject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n{}Content-Type: {}\n\n",
        more,
        type);
}

/// A bounce in the form of RFC 3464.
std::string report(
    std::string_view human,
    std::string_view status,
    std::string_view returned = "From: news@shop.test\nMessage-ID: <1@shop.test>\n") {
    return head("multipart/report; report-type=delivery-status; boundary=b") +
           fmt::format(
               "--b\nContent-Type: text/plain\n\n{}\n--b\nContent-Type: message/delivery-status\n\n"
               "Reporting-MTA: dns; mail.a.test\nX-Postfix-Queue-ID: 4XyZ\n\n{}\n"
               "--b\nContent-Type: text/rfc822-headers\n\n{}\n\n--b--\n",
               human,
               status,
               returned);
}

std::string status_of(std::string_view address, std::string_view diagnostic) {
    return fmt::format(
        "Final-Recipient: rfc822; {}\nOriginal-Recipient: rfc822;{}\nAction: failed\n"
        "Status: 5.1.1\nRemote-MTA: dns; mx.a.test\nDiagnostic-Code: smtp; {}\n\n",
        address,
        address,
        diagnostic);
}

std::string postfix_bounce(std::size_t recipients) {
    const auto address = [](std::size_t i) { return fmt::format("user{:05}@a.test", i); };
    const std::string human =
        "This is the mail system at host mail.a.test.\n\n" + times(recipients, [&](std::size_t i) {
            return fmt::format(
                "<{}>: host mx.a.test[192.0.2.1] said: 550 5.1.1\n    <{}>: Recipient address "
                "rejected: User unknown in virtual mailbox\n    table (in reply to RCPT TO "
                "command)\n\n",
                address(i),
                address(i));
        });
    return report(human, times(recipients, [&](std::size_t i) {
                      return status_of(address(i), "550 5.1.1 User unknown in virtual mailbox");
                  }));
}

std::string multipart(std::string_view body) {
    return head("multipart/mixed; boundary=b") + std::string(body);
}

std::string text_part(std::string_view more, std::string_view body) {
    return multipart(fmt::format("--b\n{}\n\n{}\n--b--\n", more, body));
}

std::string plain_bounce(std::string_view text) {
    return head("text/plain") + "Your message could not be delivered.\n\n" + std::string(text);
}

std::string nested(std::size_t levels) {
    return head("multipart/mixed; boundary=b") + times(levels, [](std::size_t i) {
               return fmt::format("--b{0}\nContent-Type: multipart/mixed; boundary=b{1}\n\n",
                                  i == 0 ? "" : std::to_string(i - 1),
                                  i);
           });
}

std::vector<Shape> message_shapes() {
    return {
        {"postfix bounce, recipients", 500, postfix_bounce},
        {"one recipient, many outcomes",
         400,
         [](std::size_t n) {
             return report("bo@a.test\n" + times(1500, "Over quota and so on, in some words.\n"),
                           times(n, [](std::size_t i) {
                               return fmt::format(
                                   "Final-Recipient: rfc822; bo@a.test\n"
                                   "Action: failed\nStatus: 5.0.{}\n\n",
                                   i % 1000);
                           }));
         }},
        {"alike addresses, text of their beginning",
         400,
         [](std::size_t n) {
             return report(times(n, std::string(80, 'a') + '\n'), times(n, [](std::size_t i) {
                               return status_of(std::string(1 + (i % 300), 'a') + "@b.test", "");
                           }));
         }},
        {"recipients without diagnostics",
         500,
         [](std::size_t n) {
             return report(times(n, "Something went wrong with it again today.\n"),
                           times(n, [](std::size_t i) {
                               return fmt::format(
                                   "Final-Recipient: rfc822; u{}@a.test\n"
                                   "Action: failed\nStatus: 5.0.0\n\n",
                                   i);
                           }));
         }},
        {"long diagnostics",
         100,
         [](std::size_t n) {
             return report("", times(n, [](std::size_t i) {
                               return status_of(fmt::format("u{}@a.test", i),
                                                times(100, "550 5.7.1 user unknown <a@b.c> "));
                           }));
         }},
        {"delivery status, fields repeated",
         20'000,
         [](std::size_t n) {
             return report("x", status_of("bo@a.test", "550 x") + times(n, "Status: 5.1.1\n"));
         }},
        {"delivery status, folded lines",
         20'000,
         [](std::size_t n) {
             return report("x", status_of("bo@a.test", "550 x" + times(n, "\n lines go on")));
         }},
        {"delivery status parts",
         5'000,
         [](std::size_t n) {
             return multipart(times(n, "--b\nContent-Type: message/delivery-status\n\nA: b\n\n"));
         }},
        {"long message id, recipients",
         400,
         [](std::size_t n) {
             return report("x",
                           times(n,
                                 [](std::size_t i) {
                                     return status_of(fmt::format("u{}@a.test", i), "550 no");
                                 }),
                           fmt::format("Message-ID: <{}@a.test>\n", std::string(n * 400, 'm')));
         }},
        {"empty parts", 200'000, [](std::size_t n) { return multipart(times(n, "--b\n\n")); }},
        {"empty parts, coded boundary",
         200'000,
         [](std::size_t n) {
             return head("multipart/mixed; boundary*=us-ascii''%62") + times(n, "--b\n\n");
         }},
        {"parts with a header",
         40'000,
         [](std::size_t n) { return multipart(times(n, "--b\nContent-Type: text/plain\n\nx\n")); }},
        {"a part with many fields",
         150'000,
         [](std::size_t n) { return text_part(times(n, "X: y\n") + "X: z", "x"); }},
        {"a part with a folded field",
         150'000,
         [](std::size_t n) { return text_part("X: y" + times(n, "\n z"), "x"); }},
        {"Content-Type with many parameters",
         40'000,
         [](std::size_t n) {
             return text_part("Content-Type: text/plain" +
                                  times(n, [](std::size_t i) { return fmt::format("; p{}=v", i); }),
                              "x");
         }},
        {"Content-Type in pieces (RFC 2231)",
         20'000,
         [](std::size_t n) {
             return text_part(
                 "Content-Type: text/plain" +
                     times(n, [](std::size_t i) { return fmt::format("; name*{}=v", i); }),
                 "x");
         }},
        {"Content-Type repeated",
         5'000,
         [](std::size_t n) {
             return head("text/plain", times(n, "Content-Type: text/plain; charset=utf-8\n")) + "x";
         }},
        {"multiparts nested", 10'000, nested},
        {"multiparts nested, dashed lines",
         2'000,
         [](std::size_t n) { return nested(n) + times(100 * n, "--\n"); }},
        {"messages nested",
         20'000,
         [](std::size_t n) {
             return head("message/rfc822") + times(n, "Content-Type: message/rfc822\n\n");
         }},
        {"header fields",
         20'000,
         [](std::size_t n) { return head("text/plain", times(n, "X-A: b\n")) + "x\n"; }},
        {"header continuation",
         50'000,
         [](std::size_t n) {
             return head("text/plain", "X-A: b" + times(n, "\n c") + "\n") + "x\n";
         }},
        {"header, lines that are no field",
         50'000,
         [](std::size_t n) { return head("text/plain", times(n, "no field\nX: y\n")) + "x\n"; }},
        {"encoded words in the subject",
         4'000,
         [](std::size_t n) {
             return "Subject: " + times(n, "=?utf-8?Q?=C3=A4=C3=B6?= ") + "\n" +
                    plain_bounce("x\n");
         }},
        {"encoded words, broken",
         20'000,
         [](std::size_t n) {
             return "Subject: " + times(n, "=?utf-8?Q?") + "\n" + plain_bounce("x\n");
         }},
        {"comments in From",
         50'000,
         [](std::size_t n) {
             return "From: " + times(n, "(") + "a@b.test" + times(n, ")") + "\n" +
                    plain_bounce("x\n");
         }},
        {"comments in Content-Type",
         50'000,
         [](std::size_t n) {
             return text_part("Content-Type: text/plain; " + times(n, "(") + times(n, ")"), "x");
         }},
        {"X-Failed-Recipients",
         4'000,
         [](std::size_t n) {
             return head("text/plain", times(n, "X-Failed-Recipients: bo@a.test\n")) +
                    times(n, "could not be delivered\n");
         }},
        {"addresses in the text",
         20'000,
         [](std::size_t n) {
             return plain_bounce(times(
                 n, [](std::size_t i) { return fmt::format("u{}@a.test: no such user\n", i); }));
         }},
        {"@ without end", 400'000, [](std::size_t n) { return plain_bounce(times(n, "a@")); }},
        {"quotes in front of @",
         50'000,
         [](std::size_t n) { return plain_bounce(times(n, "\"\\\"@")); }},
        {"reply codes in the text",
         100'000,
         [](std::size_t n) { return plain_bounce(times(n, "550 5.1.1 550-")); }},
        {"a huge word", 800'000, [](std::size_t n) { return plain_bounce(std::string(n, 'x')); }},
        {"long lines",
         100,
         [](std::size_t n) { return plain_bounce(times(n, std::string(8'000, '-') + '\n')); }},
        {"lines that may begin a header",
         20'000,
         [](std::size_t n) { return plain_bounce(times(n, "Received: x\nTo: y\n\n")); }},
        {"a transcript of Sendmail",
         8'000,
         [](std::size_t n) {
             return plain_bounce(
                 "   ----- Transcript of session follows -----\n" + times(n, [](std::size_t i) {
                     return fmt::format(
                         "... while talking to mx.a.test.:\n>>> RCPT To:<u{0}@a.test>"
                         "\n<<< 550 no\n550 5.1.1 <u{0}@a.test>... User unknown\n",
                         i);
                 }));
         }},
        {"HTML, unclosed tags",
         200'000,
         [](std::size_t n) { return text_part("Content-Type: text/html", times(n, "<a ")); }},
        {"HTML, unclosed comments",
         200'000,
         [](std::size_t n) { return text_part("Content-Type: text/html", times(n, "<!--")); }},
        {"HTML, hidden elements",
         40'000,
         [](std::size_t n) {
             return text_part("Content-Type: text/html", times(n, "<script></x><style></y>"));
         }},
        {"HTML, references",
         100'000,
         [](std::size_t n) {
             return text_part("Content-Type: text/html", times(n, "&amp;&#x41;&"));
         }},
        {"quoted-printable",
         300'000,
         [](std::size_t n) {
             return text_part(
                 "Content-Type: text/plain\nContent-Transfer-Encoding: "
                 "quoted-printable",
                 times(n, "=E4="));
         }},
        {"base64",
         300'000,
         [](std::size_t n) {
             return text_part("Content-Type: text/plain\nContent-Transfer-Encoding: base64",
                              times(n, "QUFB"));
         }},
        {"uuencode",
         15'000,
         [](std::size_t n) {
             return text_part(
                 "Content-Type: text/plain\nContent-Transfer-Encoding: x-uuencode",
                 "begin 644 x\n" + times(n, "M04%!04%!04%!04%!04%!04%!04%!04%!04%!04%!04%!\n"));
         }},
        {"charset that grows",
         200'000,
         [](std::size_t n) {
             return text_part("Content-Type: text/plain; charset=windows-1252", times(n, "\x80"));
         }},
        {"charset, invalid octets",
         200'000,
         [](std::size_t n) {
             return text_part("Content-Type: text/plain; charset=utf-8", times(n, "\xff\xc3"));
         }},
        {"charset, escapes of ISO-2022-JP",
         100'000,
         [](std::size_t n) {
             return text_part("Content-Type: text/plain; charset=iso-2022-jp",
                              times(n, "\x1b$B\x1b(B"));
         }},
        {"seals, malformed",
         40'000,
         [](std::size_t n) {
             return report(times(n, "hb1.AAAA.BBBB "), status_of("b@a.test", ""));
         }},
        {"seals and recipients",
         400,
         [](std::size_t n) {
             const std::string seal = "hb1." + std::string(60, 'A') + "." + std::string(20, 'B');
             return report("x",
                           times(n,
                                 [](std::size_t i) {
                                     return status_of(fmt::format("u{}@a.test", i), "550 no");
                                 }),
                           times(n, "X-Holdback-Seal: " + seal + "\nTo: x@a.test\n"));
         }},
        {"mbox lines",
         100'000,
         [](std::size_t n) { return "From x\n" + plain_bounce(times(n, "\nFrom x Mon\n")); }},
        {"line ends", 400'000, [](std::size_t n) { return plain_bounce(times(n, "\r\r\n")); }},
        {"empty lines in front",
         400'000,
         [](std::size_t n) { return times(n, " \n") + plain_bounce("x\n"); }},
        {"lines to refold",
         100'000,
         [](std::size_t n) { return head("text/plain", times(n, ";\nboundary=x\n")) + "x\n"; }},
        {"feedback report",
         20'000,
         [](std::size_t n) {
             return multipart(
                 "--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n" +
                 times(n,
                       [](std::size_t i) {
                           return fmt::format("Original-Rcpt-To: u{}@a.test\n", i);
                       }) +
                 "\n--b--\n");
         }},
        {"quoted lines", 200'000, [](std::size_t n) { return plain_bounce(times(n, "> >\n")); }},
    };
}

double cpu_seconds() {
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

/// A figure of /proc/self/status, in KiB.
double memory(std::string_view name) {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        double value = 0;
        if (word == name && status >> value) {
            return value;
        }
    }
    return 0;
}

struct Cost {
    double seconds = 0;
    double kib = 0;
};

/// What both directions do with a message, without the stores.
class Work {
public:
    Work(const terms::CodeCatalogue& codes, const reading::Knowledge& knowledge)
        : codes_(codes), knowledge_(knowledge) {
        keys_.push_back({.id = {1, 2, 3, 4}, .secret = {}, .made = {}});
    }

    void operator()(std::string_view octets) const {
        const mail::ParsedHeader header = mail::parse_header(octets, 256UL * 1024);
        const dsn::Understanding understanding =
            dsn::understand(reader_.read(octets), knowledge_, codes_);
        const std::vector<dsn::RecipientProof> proofs =
            dsn::prove(understanding.report,
                       {.direction = mail::Direction::Inbound,
                        .recipients = {"news@shop.test"},
                        .now = core::TimePoint(std::chrono::hours(24 * 365)),
                        .lifetime = std::chrono::hours(24)},
                       keys_);
        std::vector<terms::Proof> shown;
        for (std::size_t i = 0; i < understanding.recipients.size(); ++i) {
            shown.push_back(proofs.at(i).proof);
            static_cast<void>(dsn::event_names(understanding.report,
                                               understanding.recipients[i].report,
                                               proofs.at(i),
                                               core::TimePoint{}));
        }
        static_cast<void>(dsn::unknown_texts(understanding, shown));
        static_cast<void>(
            dsn::tag(understanding, shown, codes_, dsn::Extensions::On, header.fields));
        const std::string_view body = octets.substr(std::min(header.body, octets.size()));
        const outbound::Content content = flow::outgoing::message_content(
            {}, header.fields, body.substr(0, flow::outgoing::kComparedOctets), reader_);
        static_cast<void>(outbound::content_fingerprint(content));
        static_cast<void>(outbound::exact_digest(content, outbound::Links::Whole));
    }

private:
    // NOLINTBEGIN(cppcoreguidelines-avoid-const-or-ref-data-members): lives within main
    const terms::CodeCatalogue& codes_;
    const reading::Knowledge& knowledge_;
    // NOLINTEND(cppcoreguidelines-avoid-const-or-ref-data-members)
    dsn::SealKeys keys_;
    io::mime::GmimeReader reader_;
};

/// In a child, so that each begins with the same memory.
Cost cost_of(const Work& work, const std::string& octets) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) {
        throw std::runtime_error("no pipe");
    }
    const pid_t child = fork();
    if (child == 0) {
        malloc_trim(0);
        std::ofstream("/proc/self/clear_refs") << 5;  // the peak is counted from here
        const double before = memory("VmRSS:");
        const double start = cpu_seconds();
        work(octets);
        const Cost cost{.seconds = cpu_seconds() - start, .kib = memory("VmHWM:") - before};
        const bool told = write(ends[1], &cost, sizeof cost) == sizeof cost;
        _exit(told ? 0 : 1);
    }
    Cost cost;
    const bool told = read(ends[0], &cost, sizeof cost) == sizeof cost;
    int status = 0;
    waitpid(child, &status, 0);
    close(ends[0]);
    close(ends[1]);
    if (!told || status != 0) {
        throw std::runtime_error("a reader died");
    }
    return cost;
}

double growth(double small, double large, double noise) {
    return large <= noise ? 0 : large / std::max(small, noise / kMostGrowth);
}

int run(std::span<char* const> arguments) {
    if (arguments.size() < 4) {
        throw std::runtime_error("usage: hostile_bench CODES RULES LEXICON [WORD…]");
    }
    const auto codes = io::settings::read_codes(arguments[1]);
    const std::string directory = arguments[2];
    const reading::Knowledge knowledge{
        .rules = io::settings::load_rules(std::span(&directory, 1), codes.value()).value(),
        .lexicon = io::settings::load_lexicon(arguments[3], {}, codes.value()).value()};
    const Work work(codes.value(), knowledge);
    const auto words = arguments.subspan(4);
    work(postfix_bounce(2));  // what is made once is made here
    int worse = 0;
    fmt::print("{:<42} {:>9} {:>8} {:>8} {:>6} {:>9} {:>6}\n",
               "shape",
               "octets",
               "small",
               "large",
               "ratio",
               "KiB",
               "ratio");
    for (const Shape& shape : message_shapes()) {
        const bool wanted = words.empty() || std::ranges::any_of(words, [&](const char* word) {
                                return shape.name.find(word) != std::string_view::npos;
                            });
        if (!wanted) {
            continue;
        }
        const std::string large_octets = shape.make(2 * shape.small);
        const Cost small = cost_of(work, shape.make(shape.small));
        const Cost large = cost_of(work, large_octets);
        const double time = growth(small.seconds, large.seconds, kNoiseSeconds);
        const double memory = growth(small.kib, large.kib, kNoiseKib);
        const bool bad = time > kMostGrowth || memory > kMostGrowth;
        worse += bad ? 1 : 0;
        fmt::print("{:<42} {:>9} {:>8.3f} {:>8.3f} {:>6.1f} {:>9.0f} {:>6.1f}{}\n",
                   shape.name,
                   large_octets.size(),
                   small.seconds,
                   large.seconds,
                   time,
                   large.kib,
                   memory,
                   bad ? "  <- grows too fast" : "");
        static_cast<void>(std::fflush(stdout));
    }
    return worse == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(std::span<char* const>(argv, static_cast<std::size_t>(argc)));
    } catch (const std::exception& error) {
        fmt::print(stderr, "hostile_bench: {}\n", error.what());
        return 1;
    }
}
