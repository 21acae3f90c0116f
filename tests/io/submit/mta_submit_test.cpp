// SPDX-License-Identifier: Apache-2.0
#include "io/submit/mta_submit.hpp"

#include "config/value_text.hpp"
#include "ports/submitter.hpp"
#include "tests/support/smtp_script.hpp"
#include "tests/support/temp_dir.hpp"

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <ios>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

namespace {

using holdback::io::submit::make_submitter;
using holdback::ports::Accepted;
using holdback::ports::Interrupted;
using holdback::ports::RecipientOutcome;
using holdback::ports::Refused;
using holdback::ports::Submission;
using holdback::support::kEndOfData;
using holdback::support::kHang;
using holdback::support::SmtpScript;

using Pieces = std::vector<std::string>;
constexpr std::chrono::milliseconds kPatience{10'000};
constexpr std::chrono::milliseconds kLittlePatience{150};

Submission submission(const Pieces& pieces, const std::vector<std::string>& recipients) {
    Submission made;
    made.sender = "news@example.org";
    for (const std::string& address : recipients) {
        made.recipients.push_back({.address = address, .arguments = {}});
    }
    made.read = [pieces](const std::function<bool(std::string_view)>& take) {
        for (const std::string& piece : pieces) {
            if (!take(piece)) {
                break;
            }
        }
        return true;
    };
    return made;
}

std::vector<RecipientOutcome> submit(const std::string& target,
                                     const Submission& what,
                                     std::chrono::milliseconds patience = kPatience) {
    const auto parsed = holdback::config::parse_reinject(target);
    REQUIRE(parsed.has_value());
    return make_submitter(*parsed, "holdback.example.org")
        ->submit(what, std::chrono::steady_clock::now() + patience);
}

std::vector<RecipientOutcome> submit_to(const SmtpScript& server,
                                        const Submission& what,
                                        std::chrono::milliseconds patience = kPatience) {
    return submit("smtp:127.0.0.1:" + server.port(), what, patience);
}

/// An outcome as text: "accepted: …", "refused: …", "interrupted: …", "in doubt: …".
std::string text_of(const RecipientOutcome& outcome) {
    struct Writer {
        std::string operator()(const Accepted& one) const { return "accepted: " + one.answer; }
        std::string operator()(const Refused& one) const { return "refused: " + one.reply.line(); }
        std::string operator()(const Interrupted& one) const {
            return (one.in_doubt ? "in doubt: " : "interrupted: ") + one.what;
        }
    };
    return std::visit(Writer{}, outcome);
}

std::vector<std::string> texts_of(const std::vector<RecipientOutcome>& outcomes) {
    std::vector<std::string> texts;
    texts.reserve(outcomes.size());
    for (const RecipientOutcome& outcome : outcomes) {
        texts.push_back(text_of(outcome));
    }
    return texts;
}

/// A polite server but for the lines that begin with a text.
SmtpScript::Answer but(const std::string& prefix,
                       const std::string& reply,
                       const std::string& extensions = "") {
    return [=](std::string_view line) {
        return line.starts_with(prefix) ? reply : SmtpScript::polite(line, extensions);
    };
}

SmtpScript::Answer offering(const std::string& extensions) {
    return [=](std::string_view line) { return SmtpScript::polite(line, extensions); };
}

}  // namespace

TEST_CASE("a message goes out in one plain transaction") {
    const SmtpScript server(offering(""));
    Submission what =
        submission({"Subject: x\r\n\r\nbo", "dy\r\n"}, {"a@example.net", "b@example.net"});
    what.first_header = "X-Token: t\r\n";
    CHECK(texts_of(submit_to(server, what)) ==
          std::vector<std::string>{"accepted: 250 2.0.0 Ok: queued as 4Xk2",
                                   "accepted: 250 2.0.0 Ok: queued as 4Xk2"});
    CHECK(server.lines() == std::vector<std::string>{"EHLO holdback.example.org",
                                                     "MAIL FROM:<news@example.org>",
                                                     "RCPT TO:<a@example.net>",
                                                     "RCPT TO:<b@example.net>",
                                                     "DATA",
                                                     "QUIT"});
    CHECK(server.data() == "X-Token: t\r\nSubject: x\r\n\r\nbody\r\n.\r\n");
}

TEST_CASE("the data is stuffed, ended, and otherwise left as it is, wherever the pieces are cut") {
    struct Row {
        std::string_view what;
        Pieces pieces;
        std::string want;
    };
    const std::vector<Row> rows{
        {"dots at line starts", {".a\r\n..b\r\n", "c.\r\n."}, "..a\r\n...b\r\nc.\r\n..\r\n.\r\n"},
        {"a dot in the next piece", {"a\r\n", ".\r\n", "b\r\n"}, "a\r\n..\r\nb\r\n.\r\n"},
        {"CR and LF in two pieces", {"a\r", "\n.", "b\r\n"}, "a\r\n..b\r\n.\r\n"},
        {"no line end at the end", {"a"}, "a\r\n.\r\n"},
        {"CR at the end", {"a\r"}, "a\r\n.\r\n"},
        {"nothing", {}, ".\r\n"},
        {"bare LF", {"a\nb\n.\nc\r\n"}, "a\r\nb\r\n..\r\nc\r\n.\r\n"},
        {"bare CR and eight bits",
         {"a\rb\xC3\xA9"
          "c\r\n"},
         "a\rb\xC3\xA9"
         "c\r\n.\r\n"},
        {"bare CR before a dot", {"a\r.\r\nb\r\n"}, "a\r.\r\nb\r\n.\r\n"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const SmtpScript server(offering("8BITMIME"));
        const auto outcomes = submit_to(server, submission(row.pieces, {"a@example.net"}));
        CHECK(std::holds_alternative<Accepted>(outcomes.at(0)));
        CHECK(server.data().starts_with(row.want));
    }
}

TEST_CASE("a large message arrives whole") {
    const SmtpScript server(offering(""));
    std::string line(998, 'x');
    line += "\r\n";
    std::string piece;
    for (int i = 0; i < 65; ++i) {
        piece += line;
    }
    const Pieces pieces(60, piece);
    CHECK(std::holds_alternative<Accepted>(
        submit_to(server, submission(pieces, {"a@example.net"})).at(0)));
    CHECK(server.data().size() == (piece.size() * 60) + 3);
}

TEST_CASE("arguments are passed on where the server offers their extension") {
    struct Row {
        std::string_view what;
        std::string extensions;
        std::string want_mail;
        std::string want_rcpt;
    };
    const std::vector<Row> rows{
        {"everything",
         "8BITMIME,SMTPUTF8,DSN",
         "MAIL FROM:<news@example.org> BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=x+2By",
         "RCPT TO:<a@example.net> NOTIFY=NEVER ORCPT=rfc822;a@example.net"},
        {"names in any case",
         "8bitmime,dsn",
         "MAIL FROM:<news@example.org> BODY=8BITMIME RET=HDRS ENVID=x+2By",
         "RCPT TO:<a@example.net> NOTIFY=NEVER ORCPT=rfc822;a@example.net"},
        {"no DSN",
         "8BITMIME,SMTPUTF8",
         "MAIL FROM:<news@example.org> BODY=8BITMIME SMTPUTF8",
         "RCPT TO:<a@example.net>"},
        {"nothing", "", "MAIL FROM:<news@example.org>", "RCPT TO:<a@example.net>"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const SmtpScript server(offering(row.extensions));
        Submission what = submission({"x\r\n"}, {"a@example.net"});
        what.sender_arguments = {
            "SIZE=99", "body=8BITMIME", "SMTPUTF8", "ENVID=x+2By", "RET=HDRS", "AUTH=<>"};
        what.recipients[0].arguments = {"NOTIFY=NEVER", "ORCPT=rfc822;a@example.net"};
        CHECK(std::holds_alternative<Accepted>(submit_to(server, what).at(0)));
        const auto lines = server.lines();
        REQUIRE(lines.size() == 5);
        CHECK(lines[1] == row.want_mail);
        CHECK(lines[2] == row.want_rcpt);
    }
}

TEST_CASE(
    "what the sender asked of the transport is said where it is offered, or refuses the release") {
    struct Row {
        std::string_view what;
        std::string extensions;
        std::string sender;
        std::chrono::seconds waited;
        std::string want;  ///< of MAIL, or the outcome when nothing is sent
    };
    const std::string required =
        "refused: 550 5.7.30 The MTA does not offer REQUIRETLS here, which the sender asked for";
    const std::vector<Row> rows{
        {"all",
         "REQUIRETLS,DELIVERBY 60,MT-PRIORITY MIXER",
         "news@example.org",
         std::chrono::seconds(60),
         "MAIL FROM:<news@example.org> REQUIRETLS BY=3540;R MT-PRIORITY=4"},
        {"TLS alone",
         "requiretls",
         "news@example.org",
         std::chrono::seconds(7200),
         "MAIL FROM:<news@example.org> REQUIRETLS"},
        {"no TLS", "DELIVERBY", "news@example.org", std::chrono::seconds(0), required},
        {"a report goes all the same", "", "", std::chrono::seconds(0), "MAIL FROM:<>"},
        {"too late",
         "REQUIRETLS,DELIVERBY",
         "news@example.org",
         std::chrono::seconds(3600),
         "refused: 550 5.4.7 The time within which the sender wanted delivery (BY) is over"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const SmtpScript server(offering(row.extensions));
        Submission what = submission({"x\r\n"}, {"a@example.net"});
        what.sender = row.sender;
        what.waited = row.waited;
        what.sender_arguments = {"RequireTLS", "BY=3600;R", "MT-PRIORITY=4"};
        const auto outcomes = texts_of(submit_to(server, what));
        if (row.want.starts_with("refused")) {
            CHECK(outcomes.front() == row.want);
            CHECK(server.lines() == std::vector<std::string>{"EHLO holdback.example.org", "QUIT"});
        } else {
            REQUIRE(server.lines().size() == 5);
            CHECK(server.lines()[1] == row.want);
        }
    }
}

TEST_CASE("the null sender goes out as such") {
    const SmtpScript server(offering(""));
    Submission what = submission({"x\r\n"}, {"a@example.net"});
    what.sender = "";
    CHECK(std::holds_alternative<Accepted>(submit_to(server, what).at(0)));
    CHECK(server.lines().at(1) == "MAIL FROM:<>");
}

TEST_CASE("an address that needs SMTPUTF8 is refused where it was declared and is not offered") {
    Submission what = submission({"x\r\n"}, {"j\xC3\xB6rg@example.net", "a@example.net"});
    SUBCASE("one recipient") {
        what.sender_arguments = {"SMTPUTF8"};
        const SmtpScript server(offering("8BITMIME"));
        CHECK(texts_of(submit_to(server, what)) ==
              std::vector<std::string>{"refused: 553 5.6.7 The MTA does not offer SMTPUTF8",
                                       "accepted: 250 2.0.0 Ok: queued as 4Xk2"});
        CHECK(server.lines().at(2) == "RCPT TO:<a@example.net>");
    }
    SUBCASE("the sender") {
        what.sender_arguments = {"SMTPUTF8"};
        what.sender = "j\xC3\xB6rg@example.org";
        const SmtpScript server(offering("8BITMIME"));
        const auto outcomes = submit_to(server, what);
        CHECK(std::holds_alternative<Refused>(outcomes.at(0)));
        CHECK(std::holds_alternative<Refused>(outcomes.at(1)));
        CHECK(server.lines() == std::vector<std::string>{"EHLO holdback.example.org", "QUIT"});
    }
    SUBCASE("but what came raw goes raw") {
        const SmtpScript server(offering("8BITMIME"));
        CHECK(std::holds_alternative<Accepted>(submit_to(server, what).at(0)));
        CHECK(server.lines().at(2) == "RCPT TO:<j\xC3\xB6rg@example.net>");
    }
}

TEST_CASE("refused recipients are refused, the others go on") {
    const SmtpScript server(but(
        "RCPT TO:<b@", "550-5.1.1 <b@example.net>: no\r\n550-5.1.1 such\r\n550 5.1.1 user\r\n"));
    CHECK(
        texts_of(submit_to(
            server, submission({"x\r\n"}, {"a@example.net", "b@example.net", "c@example.net"}))) ==
        std::vector<std::string>{"accepted: 250 2.0.0 Ok: queued as 4Xk2",
                                 "refused: 550 5.1.1 <b@example.net>: no such user",
                                 "accepted: 250 2.0.0 Ok: queued as 4Xk2"});
}

TEST_CASE("with every recipient refused no data is sent") {
    const SmtpScript server(but("RCPT", "450 4.2.1 Later\r\n"));
    CHECK(texts_of(submit_to(server, submission({"x\r\n"}, {"a@example.net", "b@example.net"}))) ==
          std::vector<std::string>{"refused: 450 4.2.1 Later", "refused: 450 4.2.1 Later"});
    CHECK(server.lines() == std::vector<std::string>{"EHLO holdback.example.org",
                                                     "MAIL FROM:<news@example.org>",
                                                     "RCPT TO:<a@example.net>",
                                                     "RCPT TO:<b@example.net>",
                                                     "RSET",
                                                     "QUIT"});
}

TEST_CASE("each answer of the server ends in its outcome") {
    struct Row {
        std::string_view what;
        std::string line;
        std::string reply;
        std::string want;
    };
    const std::string no_end(20'000, 'x');
    std::string many_lines;
    for (int i = 0; i < 200; ++i) {
        many_lines += "250-x\r\n";
    }
    const std::vector<Row> rows{
        {"greeting 5xx", "(greeting)", "554 5.7.1 Go away\r\n", "refused: 554 5.7.1 Go away"},
        {"greeting 4xx", "(greeting)", "421 4.3.2 Later\r\n", "refused: 421 4.3.2 Later"},
        {"closed at once",
         "(greeting)",
         "(close)",
         "interrupted: greeting: the server closed the connection"},
        {"not SMTP",
         "(greeting)",
         "SSH-2.0-x\r\n",
         "interrupted: greeting: not an SMTP reply: SSH-2.0-x"},
        {"a line without end",
         "(greeting)",
         no_end,
         "interrupted: greeting: the server sent a line without end"},
        {"a reply without end",
         "EHLO",
         many_lines,
         "interrupted: EHLO: the server sent a reply without end"},
        {"two codes in one reply",
         "MAIL",
         "250-a\r\n550 b\r\n",
         "interrupted: MAIL: not an SMTP reply: 550 b"},
        {"a code out of range", "MAIL", "650 x\r\n", "interrupted: MAIL: not an SMTP reply: 650 x"},
        {"a reply of a code alone", "MAIL", "550\r\n", "refused: 550"},
        {"LF alone ends a line", "MAIL", "451 4.7.1 x\n", "refused: 451 4.7.1 x"},
        {"control characters", "MAIL", "550 5.7.1 \x1b[2J\r\n", "refused: 550 5.7.1 \\x1b[2J"},
        {"MAIL 3xx", "MAIL", "354 what\r\n", "interrupted: unexpected reply: 354 what"},
        {"MAIL closed", "MAIL", "(close)", "interrupted: MAIL: the server closed the connection"},
        {"RCPT closed", "RCPT", "(close)", "interrupted: RCPT: the server closed the connection"},
        {"DATA refused",
         "DATA",
         "554 5.5.1 No valid recipients\r\n",
         "refused: 554 5.5.1 No valid recipients"},
        {"DATA 250", "DATA", "250 Ok\r\n", "interrupted: unexpected reply: 250 Ok"},
        {"end of data 5xx", "(end of data)", "550 5.7.1 Spam\r\n", "refused: 550 5.7.1 Spam"},
        {"end of data 4xx", "(end of data)", "451 4.3.0 Queue\r\n", "refused: 451 4.3.0 Queue"},
        {"end of data closed",
         "(end of data)",
         "(close)",
         "in doubt: end of data: the server closed the connection"},
        {"end of data garbage",
         "(end of data)",
         "ok\r\n",
         "in doubt: end of data: not an SMTP reply: ok"},
        {"end of data 354",
         "(end of data)",
         "354 more\r\n",
         "in doubt: unexpected reply: 354 more"},
        {"QUIT closed", "QUIT", "(close)", "accepted: 250 2.0.0 Ok: queued as 4Xk2"},
        {"EHLO unknown", "EHLO", "502 What\r\n", "accepted: 250 2.0.0 Ok: queued as 4Xk2"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const SmtpScript server(but(row.line, row.reply));
        CHECK(text_of(submit_to(server, submission({"x\r\n"}, {"a@example.net"})).at(0)) ==
              row.want);
    }
}

TEST_CASE("a server that hangs is left at the deadline, at any stage") {
    for (const std::string stage :
         {"(greeting)", "EHLO", "MAIL", "RCPT", "DATA", "(end of data)"}) {
        CAPTURE(stage);
        const SmtpScript server(but(stage, std::string(kHang)));
        const auto start = std::chrono::steady_clock::now();
        const auto outcomes =
            submit_to(server, submission({"x\r\n"}, {"a@example.net"}), kLittlePatience);
        CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(3));
        const std::string name = stage.front() == '(' ? stage.substr(1, stage.size() - 2) : stage;
        CHECK(text_of(outcomes.at(0)) ==
              (stage == kEndOfData ? "in doubt: " : "interrupted: ") + name + ": time-out");
    }
}

TEST_CASE("a server that stops reading is left at the deadline, without doubt") {
    const SmtpScript server([](std::string_view line) {
        // Never asks for the data that it said it wants: it hangs in the next answer.
        return line == "DATA" ? std::string("354 go\r\n") : SmtpScript::polite(line);
    });
    Submission what = submission({}, {"a@example.net"});
    const std::string piece(65'536, 'x');
    what.read = [&](const std::function<bool(std::string_view)>& take) {
        while (take(piece)) {
        }
        return true;
    };
    CHECK(text_of(submit_to(server, what, kLittlePatience).at(0)).starts_with("interrupted: DATA"));
}

TEST_CASE("a connection lost in the data leaves no doubt") {
    SmtpScript server(offering(""));
    server.close_in_data_after(100'000);
    const Pieces pieces(200, std::string(65'536, 'x'));
    const std::string text =
        text_of(submit_to(server, submission(pieces, {"a@example.net"})).at(0));
    CAPTURE(text);
    CHECK(text.starts_with("interrupted: DATA: send: "));
}

TEST_CASE("half a message is never ended") {
    const SmtpScript server(offering(""));
    Submission what = submission({}, {"a@example.net"});
    what.read = [](const std::function<bool(std::string_view)>& take) {
        static_cast<void>(take("half"));
        return false;
    };
    CHECK(text_of(submit_to(server, what).at(0)) ==
          "interrupted: DATA: the message could not be read from the spool");
    CHECK(server.data().empty());
}

TEST_CASE("nobody listening, no such name: interrupted") {
    std::string port;
    {
        const SmtpScript server(offering(""));
        port = server.port();
    }
    CHECK(text_of(submit("smtp:127.0.0.1:" + port, submission({"x"}, {"a@example.net"})).at(0)) ==
          "interrupted: 127.0.0.1:" + port + ": connect: Connection refused");
    const auto late = submit("smtp:127.0.0.1:" + port,
                             submission({"x"}, {"a@example.net"}),
                             std::chrono::milliseconds(-1));
    CHECK(std::holds_alternative<Interrupted>(late.at(0)));
}

TEST_CASE("nothing can end a command line: it is refused before anything is sent") {
    using namespace std::string_view_literals;
    const auto addresses = std::to_array<std::string_view>({"",
                                                            "a@b.example\r\nDATA",
                                                            "a@b.example\n",
                                                            "a\rb@c.example",
                                                            "a\0b@c.example"sv,
                                                            "a@b.example> NOTIFY=NEVER",
                                                            "a b@c.example",
                                                            "a@b.example>",
                                                            "<a@b.example",
                                                            "\"a@b.example",
                                                            "\"a\r\n\"@b.example",
                                                            R"("a\"@b.example> X)",
                                                            "a\x7F@b.example",
                                                            "a\tb@c.example"});
    const auto arguments =
        std::to_array<std::string_view>({"", "A B", "A=\r\nDATA", "A\0"sv, "A\t", "A\x7F"});
    const SmtpScript server(offering("DSN"));
    for (const std::string_view address : addresses) {
        CAPTURE(address);
        const auto as_recipient = submit_to(server, submission({"x"}, {std::string(address)}));
        CHECK(text_of(as_recipient.at(0)).starts_with("refused: 553 5.1.3"));
        if (!address.empty()) {
            Submission what = submission({"x"}, {"a@example.net"});
            what.sender = address;
            CHECK(text_of(submit_to(server, what).at(0)).starts_with("refused: 553 5.1.7"));
        }
    }
    for (const std::string_view argument : arguments) {
        CAPTURE(argument);
        Submission what = submission({"x"}, {"a@example.net"});
        what.recipients[0].arguments = {"NOTIFY=NEVER", std::string(argument)};
        CHECK(text_of(submit_to(server, what).at(0)).starts_with("refused: 501 5.5.4"));
        what.recipients[0].arguments.clear();
        what.sender_arguments = {std::string(argument)};
        CHECK(text_of(submit_to(server, what).at(0)).starts_with("refused: 501 5.5.4"));
    }
    for (const std::string_view field :
         {"X-A: b"sv, "X-A: b\r\n\r\n"sv, "X-A: b\r\nX\r\n"sv, "x\r\n"sv, "X-A: b\nc\r\n"sv}) {
        CAPTURE(field);
        Submission what = submission({"x"}, {"a@example.net"});
        what.first_header = field;
        CHECK(text_of(submit_to(server, what).at(0)).starts_with("refused: 554 5.6.0"));
    }
    CHECK(server.lines().empty());

    Submission good = submission({"x"}, {R"("a b>\""@example.net)", "bad one@example.net"});
    good.first_header = "X-A: b\r\n c\r\n";
    const auto outcomes = submit_to(server, good);
    CHECK(std::holds_alternative<Accepted>(outcomes.at(0)));
    CHECK(std::holds_alternative<Refused>(outcomes.at(1)));
    CHECK(server.lines().at(2) == "RCPT TO:<\"a b>\\\"\"@example.net>");
}

namespace {

/// A program in place of sendmail(1).
class FakeSendmail {
public:
    explicit FakeSendmail(const std::string& script) {
        std::ofstream(path()) << "#!/bin/sh\n" << script << "\n";
        std::filesystem::permissions(path(), std::filesystem::perms::owner_all);
    }

    [[nodiscard]] std::string path() const { return directory_.file("sendmail"); }
    [[nodiscard]] std::string target() const { return "sendmail:" + path(); }
    [[nodiscard]] std::string written(std::string_view name) const {
        std::ostringstream bytes;
        bytes << std::ifstream(directory_.file(name), std::ios::binary).rdbuf();
        return bytes.str();
    }

private:
    holdback::support::TempDir directory_;
};

}  // namespace

TEST_CASE("sendmail gets its arguments as they are and the message with LF") {
    const FakeSendmail program(
        R"(cd "${0%/*}"; printf '[%s]' "$@" > args; cat > message; env > environment)");
    Submission what = submission({"Subject: x\r", "\n\r\n.\r\nbare\rcr\nend\r"},
                                 {"$(id)@example.net", "-oQ/tmp@example.net"});
    what.first_header = "X-Token: t\r\n";
    CHECK(texts_of(submit(program.target(), what)) ==
          std::vector<std::string>{"accepted: sendmail: accepted", "accepted: sendmail: accepted"});
    CHECK(program.written("args") ==
          "[-i][-odb][-f][news@example.org][--][$(id)@example.net][-oQ/tmp@example.net]");
    CHECK(program.written("message") == "X-Token: t\nSubject: x\n\n.\nbare\rcr\nend\r");
    CHECK(program.written("environment").find("PATH=/usr/sbin:/usr/bin:/sbin:/bin\n") !=
          std::string::npos);
    CHECK(program.written("environment").find("HOME=") == std::string::npos);

    what = submission({"x\r\n"}, {"a@example.net", "b@example.net"});
    what.sender = "";
    what.sender_arguments = {"RET=HDRS"};
    what.recipients[0].arguments = {"NOTIFY=NEVER"};
    what.recipients[1].arguments = {"NOTIFY=never"};
    CHECK(std::holds_alternative<Accepted>(submit(program.target(), what).at(1)));
    CHECK(program.written("args") ==
          "[-i][-odb][-f][<>][-N][NEVER][-R][hdrs][--][a@example.net][b@example.net]");

    what.sender = "news@example.org";
    what.sender_arguments = {"ENVID=QQ-17", "BODY=8BITMIME", "MT-PRIORITY=4", "BY=60;N"};
    what.recipients[1].arguments = {"NOTIFY=FAILURE"};  // can't be said for one alone
    CHECK(std::holds_alternative<Accepted>(submit(program.target(), what).at(1)));
    CHECK(program.written("args") ==
          "[-i][-odb][-f][news@example.org][-V][QQ-17][-B][8BITMIME][--]"
          "[a@example.net][b@example.net]");
    what.sender_arguments = {"REQUIRETLS"};
    CHECK(texts_of(submit(program.target(), what)).front().starts_with("refused: 550 5.7.30 "));
}

TEST_CASE("sendmail's exit status is the outcome for all") {
    struct Row {
        std::string_view what;
        std::string script;
        std::string want;
    };
    const std::vector<Row> rows{
        {"temporary",
         "cat >/dev/null; echo no queue >&2; exit 75",
         "refused: 451 4.3.0 sendmail: exit status 75: no queue"},
        {"no such user",
         "cat >/dev/null; exit 67",
         "refused: 554 5.3.0 sendmail: exit status 67: "},
        {"a program that lacks its rights",
         "cat >/dev/null; echo no group >&2; exit 78",
         "refused: 451 4.3.0 sendmail: exit status 78: no group"},
        {"a user who may not send mail",
         "cat >/dev/null; exit 77",
         "refused: 451 4.3.0 sendmail: exit status 77: "},
        {"usage", "exit 64", "refused: 554 5.3.0 sendmail: exit status 64: "},
        {"some other status",
         "cat >/dev/null; exit 3",
         "refused: 451 4.3.0 sendmail: exit status 3: "},
        {"killed", "cat >/dev/null; kill -9 $$", "in doubt: sendmail: killed by signal 9"},
        {"a child that stays", "cat >/dev/null; sleep 3 & exit 0", "accepted: sendmail: accepted"},
        {"output of any size",
         "cat >/dev/null; head -c 200000 /dev/zero; exit 75",
         "refused: 451 4.3.0 sendmail: exit status 75: "},
    };
    const Pieces pieces(3, std::string(65'536, 'x'));
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const FakeSendmail program(row.script);
        const std::string text =
            text_of(submit(program.target(), submission(pieces, {"a@example.net"})).at(0));
        CAPTURE(text);
        CHECK(text.starts_with(row.want));
    }
    CHECK(text_of(submit("sendmail:/nonexistent/sendmail", submission({"x"}, {"a@example.net"}))
                      .at(0)) == "interrupted: /nonexistent/sendmail: No such file or directory");
}

TEST_CASE("a program that ends before it has read all has not taken the message for sure") {
    const FakeSendmail program("exit 0");
    const Pieces pieces(100, std::string(65'536, 'x'));
    const std::string text =
        text_of(submit(program.target(), submission(pieces, {"a@example.net"})).at(0));
    CHECK(text == "in doubt: sendmail: ended before it had read the message");
}

TEST_CASE("a program that hangs is killed at the deadline with its children") {
    const Pieces pieces(100, std::string(65'536, 'x'));
    SUBCASE("while it does not read") {
        const FakeSendmail program("sleep 30; echo late > \"${0%/*}/late\"");
        CHECK(
            text_of(submit(program.target(), submission(pieces, {"a@example.net"}), kLittlePatience)
                        .at(0)) == "interrupted: sendmail: time-out");
    }
    SUBCASE("after it has read all") {
        const FakeSendmail program("cat >/dev/null; sleep 30");
        CHECK(text_of(submit(program.target(),
                             submission(pieces, {"a@example.net"}),
                             std::chrono::milliseconds(700))
                          .at(0)) == "in doubt: sendmail: time-out");
    }
}

TEST_CASE("a message is ended only after that was noted") {
    Submission what = submission({}, {"a@example.net"});
    int noted = 0;
    what.before_end = [&noted] { return ++noted == 1; };
    SUBCASE("to a server") {
        const SmtpScript server(offering(""));
        CHECK(text_of(submit_to(server, what).at(0)).starts_with("accepted: "));
        const auto once = server.data();
        CHECK(text_of(submit_to(server, what).at(0)) ==
              "interrupted: DATA: the store did not note that the message is leaving");
        CHECK(server.data() == once);
    }
    SUBCASE("to sendmail") {
        const FakeSendmail program(R"(cat > "${0%/*}/message"; echo done >> "${0%/*}/done")");
        CHECK(text_of(submit(program.target(), what).at(0)).starts_with("accepted: "));
        const std::string once = program.written("done");
        CHECK_FALSE(once.empty());
        CHECK(text_of(submit(program.target(), what).at(0)) ==
              "interrupted: the store did not note that the message is leaving");
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        CHECK(program.written("done") == once);
    }
    CHECK(noted == 2);
}

TEST_CASE("half a message does not reach the end of sendmail's input") {
    const FakeSendmail program(R"(cat > "${0%/*}/message"; echo done > "${0%/*}/done")");
    Submission what = submission({}, {"a@example.net"});
    what.read = [](const std::function<bool(std::string_view)>& take) {
        static_cast<void>(take("half\r\n"));
        return false;
    };
    CHECK(text_of(submit(program.target(), what).at(0)) ==
          "interrupted: the message could not be read from the spool");
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    CHECK(program.written("done").empty());
}
