// SPDX-License-Identifier: Apache-2.0
#include "io/dns/dns_engine.hpp"

#include "config/settings.hpp"
#include "io/dns/dns_job.hpp"
#include "io/dns/dns_source.hpp"
#include "mail/dns_answer.hpp"
#include "mail/ip_address.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/dns_message.hpp"
#include "tests/support/nsd_server.hpp"
#include "tests/support/scripted_dns.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace holdback::io::dns {

namespace {

using mail::DnsAnswer;
using mail::DnsOutcome;
using mail::DnsQuestion;
using mail::DnsType;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using support::DnsMessage;
using support::DnsQueryView;
using support::DnsReaction;
using support::Octets;
using support::ScriptedDns;

using Reactions = std::vector<DnsReaction>;

/// Collects answers from the engine's thread.
class Answers {
public:
    [[nodiscard]] DnsCallback callback() {
        return [this](DnsAnswer answer) {
            const std::scoped_lock lock(mutex_);
            answers_.push_back(std::move(answer));
            arrived_.notify_all();
        };
    }

    [[nodiscard]] std::vector<DnsAnswer> wait_for(std::size_t count,
                                                  milliseconds most = milliseconds(20'000)) {
        std::unique_lock lock(mutex_);
        arrived_.wait_for(lock, most, [&] { return answers_.size() >= count; });
        return answers_;
    }

private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<DnsAnswer> answers_;
};

DnsEngineOptions quick() {
    return {.patience = milliseconds(100)};
}

DnsEngine engine_at(const ScriptedDns& server, AdTrust trust = AdTrust::No) {
    return DnsEngine({{server.address(), trust}}, quick());
}

DnsAnswer ask(DnsEngine& engine,
              std::string_view name,
              DnsType type = DnsType::Mx,
              milliseconds time = milliseconds(5000)) {
    Answers answers;
    engine.ask({std::string(name), type}, steady_clock::now() + time, answers.callback());
    const auto got = answers.wait_for(1);
    REQUIRE(got.size() == 1);
    CHECK(got[0].question == DnsQuestion{std::string(name), type});
    return got[0];
}

DnsMessage reply_to(const DnsQueryView& query, std::uint16_t flags = support::kResponse) {
    return {query.id, flags, query.name, query.type};
}

Octets good_reply(const DnsQueryView& query) {
    return reply_to(query)
        .answer(query.name, support::kTypeMx, support::mx_data(10, "good.test"))
        .octets();
}

Octets evil_reply(const DnsQueryView& query) {
    return reply_to(query)
        .answer(query.name, support::kTypeMx, support::mx_data(10, "evil.test"))
        .octets();
}

Octets rcode_reply(const DnsQueryView& query, unsigned rcode) {
    return reply_to(query, static_cast<std::uint16_t>(support::kResponse | rcode)).octets();
}

Octets negative_reply(const DnsQueryView& query, unsigned flags) {
    return reply_to(query, static_cast<std::uint16_t>(support::kResponse | flags))
        .authority("test", support::kTypeSoa, support::soa_data(60))
        .octets();
}

Octets truncated_reply(const DnsQueryView& query) {
    return reply_to(query, support::kResponse | support::kTruncated).octets();
}

constexpr unsigned kNxdomain = 3;
constexpr unsigned kServfail = 2;
constexpr unsigned kRefused = 5;

void check_good(const DnsAnswer& answer) {
    CAPTURE(answer.trouble);
    CHECK(answer.outcome == DnsOutcome::Found);
    CHECK(answer.mx == std::vector<mail::MxHost>{{10, "good.test"}});
}

}  // namespace

TEST_CASE("replies that are not ours are ignored, and waiting goes on") {
    struct Row {
        std::string_view what;
        std::function<Octets(const DnsQueryView&)> wrong;
    };
    const std::vector<Row> rows{
        {"wrong id",
         [](DnsQueryView query) {
             query.id ^= 1U;
             return evil_reply(query);
         }},
        {"wrong name",
         [](DnsQueryView query) {
             query.name = "evil.test";
             return evil_reply(query);
         }},
        {"wrong type",
         [](DnsQueryView query) {
             query.type = support::kTypeA;
             return evil_reply(query);
         }},
        {"no question",
         [](const DnsQueryView& query) {
             Octets octets = support::number_octets(query.id);
             const Octets rest = support::octets_of("8180 0000 0000 0000 0000");
             octets.insert(octets.end(), rest.begin(), rest.end());
             return octets;
         }},
        {"the query itself", [](const DnsQueryView& query) { return query.octets; }},
        {"short",
         [](const DnsQueryView& query) {
             Octets octets = support::number_octets(query.id);
             octets.push_back(0x81);
             return octets;
         }},
        {"garbage",
         [](const DnsQueryView& query) {
             Octets octets = support::number_octets(query.id);
             octets.resize(40, 0xA5);
             return octets;
         }},
        {"compression loop",
         [](const DnsQueryView& query) {
             const auto self = static_cast<std::uint16_t>(0xC000U + query.name.size() + 18);
             return reply_to(query)
                 .claim_answers(1)
                 .raw(support::number_octets(self))
                 .raw(support::octets_of("000f 0001 00000005 0002 0000"))
                 .octets();
         }},
        {"record data past the end",
         [](const DnsQueryView& query) {
             return reply_to(query)
                 .claim_answers(1)
                 .raw(support::octets_of("c00c 000f 0001 00000005 01f4 000a 0161 00"))
                 .octets();
         }},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const ScriptedDns server([&](const DnsQueryView& query) {
            return Reactions{{.octets = row.wrong(query)},
                             {.octets = good_reply(query), .delay = milliseconds(30)}};
        });
        DnsEngine engine = engine_at(server);
        check_good(ask(engine, "late.test"));
        CHECK(engine.counters().ignored >= 1);

        const ScriptedDns only_wrong(
            [&](const DnsQueryView& query) { return Reactions{{.octets = row.wrong(query)}}; });
        DnsEngine other = engine_at(only_wrong);
        const DnsAnswer none = ask(other, "never.test", DnsType::Mx, milliseconds(250));
        CHECK(none.outcome == DnsOutcome::Unresolved);
        CHECK(none.trouble == "timeout");
    }
}

TEST_CASE("a reply from another port is not seen") {
    const ScriptedDns server([](const DnsQueryView& query) {
        return Reactions{{.octets = evil_reply(query), .way = DnsReaction::Way::SendFromOtherPort},
                         {.octets = good_reply(query), .delay = milliseconds(30)}};
    });
    DnsEngine engine = engine_at(server);
    check_good(ask(engine, "port.test"));
    CHECK(engine.counters().ignored == 0);
}

TEST_CASE("silence is met with retransmission until the deadline") {
    SUBCASE("the first query is lost") {
        std::atomic<int> seen = 0;
        const ScriptedDns server([&](const DnsQueryView& query) {
            return ++seen == 1 ? Reactions{} : Reactions{{.octets = good_reply(query)}};
        });
        DnsEngine engine = engine_at(server);
        check_good(ask(engine, "drop.test"));
        CHECK(server.queries() == 2);
    }
    SUBCASE("the reply to the first query comes after the second") {
        std::atomic<int> seen = 0;
        const ScriptedDns server([&](const DnsQueryView& query) {
            return ++seen == 1
                       ? Reactions{{.octets = good_reply(query), .delay = milliseconds(180)}}
                       : Reactions{};
        });
        DnsEngine engine = engine_at(server);
        check_good(ask(engine, "slow.test"));
    }
    SUBCASE("nobody answers") {
        const ScriptedDns server([](const DnsQueryView&) { return Reactions{}; });
        DnsEngine engine = engine_at(server);
        const auto start = steady_clock::now();
        const DnsAnswer answer = ask(engine, "silence.test", DnsType::A, milliseconds(500));
        const auto took = steady_clock::now() - start;
        CHECK(answer.outcome == DnsOutcome::Unresolved);
        CHECK(answer.trouble == "timeout");
        CHECK(took >= milliseconds(500));
        CHECK(took < milliseconds(1500));
        // At 0, 100 and 300 ms.
        CHECK(server.queries() == 3);
        CHECK(engine.counters().unresolved == 1);
        CHECK(engine.counters().running == 0);
    }
    SUBCASE("nobody listens") {
        const config::NameServer nobody{mail::IpAddress::from_v4({127, 0, 0, 1}),
                                        support::free_port()};
        DnsEngine engine({{nobody, AdTrust::No}}, quick());
        const auto start = steady_clock::now();
        CHECK(ask(engine, "gone.test").trouble == "unreachable");
        CHECK(steady_clock::now() - start < milliseconds(2000));
    }
}

TEST_CASE("a server that fails is left for the next one") {
    struct Row {
        std::string_view what;
        std::function<Reactions(const DnsQueryView&)> bad;
        std::string_view trouble;
    };
    const std::vector<Row> rows{
        {"SERVFAIL",
         [](const DnsQueryView& query) {
             return Reactions{{.octets = rcode_reply(query, kServfail)}};
         },
         "servfail"},
        {"REFUSED",
         [](const DnsQueryView& query) {
             return Reactions{{.octets = rcode_reply(query, kRefused)}};
         },
         "refused"},
        {"NOTIMP",
         [](const DnsQueryView& query) { return Reactions{{.octets = rcode_reply(query, 4)}}; },
         "notimp"},
        {"FORMERR",
         [](const DnsQueryView& query) { return Reactions{{.octets = rcode_reply(query, 1)}}; },
         "formerr"},
        {"another code",
         [](const DnsQueryView& query) { return Reactions{{.octets = rcode_reply(query, 9)}}; },
         "odd-rcode"},
        {"a referral",
         [](const DnsQueryView& query) {
             return Reactions{
                 {.octets =
                      reply_to(query)
                          .authority(".", support::kTypeNs, support::name_octets("a.root.test"))
                          .octets()}};
         },
         "lame"},
        {"nothing at all",
         [](const DnsQueryView& query) { return Reactions{{.octets = rcode_reply(query, 0)}}; },
         "lame"},
        {"NXDOMAIN with records",
         [](const DnsQueryView& query) {
             return Reactions{
                 {.octets = reply_to(query, support::kResponse | kNxdomain)
                                .answer(query.name, query.type, support::mx_data(1, "evil.test"))
                                .octets()}};
         },
         "contradiction"},
        {"TCP that is closed",
         [](const DnsQueryView& query) {
             return query.tcp ? Reactions{{.octets = {}, .way = DnsReaction::Way::Close}}
                              : Reactions{{.octets = truncated_reply(query)}};
         },
         "tcp-failed"},
        {"TCP that hangs",
         [](const DnsQueryView& query) {
             return query.tcp ? Reactions{} : Reactions{{.octets = truncated_reply(query)}};
         },
         "tcp-failed"},
        {"TCP that is truncated too",
         [](const DnsQueryView& query) { return Reactions{{.octets = truncated_reply(query)}}; },
         "truncated"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const ScriptedDns bad(row.bad);
        const ScriptedDns good(
            [](const DnsQueryView& query) { return Reactions{{.octets = good_reply(query)}}; });
        DnsEngine both({{bad.address(), AdTrust::No}, {good.address(), AdTrust::No}}, quick());
        check_good(ask(both, "two.test"));
        DnsEngine alone = engine_at(bad);
        const DnsAnswer answer = ask(alone, "one.test");
        CHECK(answer.outcome == DnsOutcome::Unresolved);
        CHECK(answer.trouble == row.trouble);
    }
}

TEST_CASE("a silent server costs one wait, and none when it has been silent for long") {
    const ScriptedDns silent([](const DnsQueryView&) { return Reactions{}; });
    const ScriptedDns good(
        [](const DnsQueryView& query) { return Reactions{{.octets = good_reply(query)}}; });
    DnsEngine engine({{silent.address(), AdTrust::No}, {good.address(), AdTrust::No}}, quick());
    for (int i = 0; i < 8; ++i) {
        check_good(ask(engine, "q" + std::to_string(i) + ".test"));
    }
    CHECK(silent.queries() == 4);
}

TEST_CASE("truncated replies are asked for again over TCP") {
    const ScriptedDns server([](const DnsQueryView& query) {
        return Reactions{{.octets = query.tcp ? good_reply(query) : truncated_reply(query)}};
    });
    DnsEngine engine = engine_at(server);
    check_good(ask(engine, "large.test"));
    CHECK(server.tcp_queries() == 1);
    CHECK(engine.counters().tcp == 1);
}

TEST_CASE("a server that does not know EDNS is asked without") {
    for (const unsigned rcode : {1U, 4U}) {
        CAPTURE(rcode);
        const ScriptedDns server([&](const DnsQueryView& query) {
            return Reactions{
                {.octets = query.edns ? rcode_reply(query, rcode) : good_reply(query)}};
        });
        DnsEngine engine = engine_at(server);
        check_good(ask(engine, "old.test"));
        CHECK(server.queries() == 2);
    }
}

TEST_CASE("negative answers are asked for twice unless they are authenticated") {
    struct Row {
        std::string_view what;
        AdTrust trust;
        std::vector<unsigned> flags;  // of the first reply, the second, …
        DnsOutcome outcome;
        bool authenticated;
        bool confirmed;
        std::size_t queries;
    };
    using enum DnsOutcome;
    const std::vector<Row> rows{
        {"NXDOMAIN twice", AdTrust::No, {3, 3}, NoSuchName, false, true, 2},
        {"NODATA twice", AdTrust::No, {0, 0}, NoData, false, true, 2},
        {"AD of a server that is trusted", AdTrust::Yes, {0x23}, NoSuchName, true, false, 1},
        {"AD of a server that is not", AdTrust::No, {0x23, 0x23}, NoSuchName, false, true, 2},
        {"NXDOMAIN, then NODATA", AdTrust::No, {3, 0}, NoData, false, false, 2},
        {"NXDOMAIN, then SERVFAIL", AdTrust::No, {3, 2}, NoSuchName, false, false, 2},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        std::mutex mutex;
        std::vector<std::uint16_t> ids;
        const ScriptedDns server([&](const DnsQueryView& query) {
            const std::scoped_lock lock(mutex);
            const unsigned flags = row.flags.at(std::min(ids.size(), row.flags.size() - 1));
            ids.push_back(query.id);
            return Reactions{{.octets = flags == kServfail ? rcode_reply(query, flags)
                                                           : negative_reply(query, flags)}};
        });
        DnsEngine engine = engine_at(server, row.trust);
        const DnsAnswer answer = ask(engine, "absent.test");
        CHECK(answer.outcome == row.outcome);
        CHECK(answer.authenticated == row.authenticated);
        CHECK(answer.confirmed == row.confirmed);
        CHECK(answer.ttl == std::chrono::seconds(60));
        CHECK(server.queries() == row.queries);
    }
}

TEST_CASE("the second opinion comes from another server, and may be a yes") {
    const ScriptedDns first([](const DnsQueryView& query) {
        return Reactions{{.octets = negative_reply(query, kNxdomain)}};
    });
    const ScriptedDns second(
        [](const DnsQueryView& query) { return Reactions{{.octets = good_reply(query)}}; });
    DnsEngine engine({{first.address(), AdTrust::No}, {second.address(), AdTrust::No}}, quick());
    check_good(ask(engine, "forged.test"));
    CHECK(first.queries() == 1);
    CHECK(second.queries() == 1);
}

TEST_CASE("a CNAME whose target is not in the reply is chased") {
    const auto chain = [](std::size_t length) {
        return [length](const DnsQueryView& query) {
            const std::size_t number = std::stoul(query.name.substr(1));
            if (number == length) {
                return Reactions{{.octets = good_reply(query)}};
            }
            const std::string next = "c" + std::to_string(number + 1) + ".test";
            return Reactions{
                {.octets =
                     reply_to(query)
                         .answer(query.name, support::kTypeCname, support::name_octets(next), 7)
                         .octets()}};
        };
    };
    const ScriptedDns short_chain(chain(4));
    DnsEngine engine = engine_at(short_chain);
    const DnsAnswer answer = ask(engine, "c0.test");
    check_good(answer);
    CHECK(answer.ttl == std::chrono::seconds(7));
    CHECK(short_chain.queries() == 5);

    const ScriptedDns long_chain(chain(40));
    DnsEngine other = engine_at(long_chain);
    CHECK(ask(other, "c0.test").trouble == "cname-chain");
    CHECK(long_chain.queries() == 16);

    const ScriptedDns loop([](const DnsQueryView& query) {
        const std::string_view next = query.name == "a.test" ? "b.test" : "a.test";
        return Reactions{
            {.octets = reply_to(query)
                           .answer(query.name, support::kTypeCname, support::name_octets(next))
                           .octets()}};
    });
    DnsEngine third = engine_at(loop);
    CHECK(ask(third, "a.test").trouble == "cname-chain");
    CHECK(loop.queries() == 2);
}

TEST_CASE("the name of a dangling CNAME chain does not exist") {
    const ScriptedDns server([](const DnsQueryView& query) {
        return Reactions{
            {.octets =
                 reply_to(query, support::kResponse | kNxdomain)
                     .answer(query.name, support::kTypeCname, support::name_octets("gone.test"))
                     .authority("test", support::kTypeSoa, support::soa_data(60))
                     .octets()}};
    });
    DnsEngine engine = engine_at(server);
    const DnsAnswer answer = ask(engine, "dangling.test");
    CHECK(answer.outcome == DnsOutcome::NoSuchName);
    CHECK(answer.is_certain_no());
}

TEST_CASE("a name that cannot be asked is unresolved") {
    const ScriptedDns server([](const DnsQueryView&) { return Reactions{}; });
    DnsEngine engine = engine_at(server);
    CHECK(ask(engine, std::string(70, 'a') + ".test").trouble == "unaskable-name");
    CHECK(server.queries() == 0);
}

TEST_CASE("ports and ids differ from query to query") {
    std::mutex mutex;
    std::set<std::uint16_t> ids;
    const ScriptedDns server([&](const DnsQueryView& query) {
        const std::scoped_lock lock(mutex);
        ids.insert(query.id);
        return Reactions{{.octets = good_reply(query)}};
    });
    DnsEngine engine = engine_at(server);
    Answers answers;
    for (int i = 0; i < 64; ++i) {
        engine.ask({"q" + std::to_string(i) + ".test", DnsType::Mx},
                   steady_clock::now() + milliseconds(5000),
                   answers.callback());
    }
    CHECK(answers.wait_for(64).size() == 64);
    const std::scoped_lock lock(mutex);
    CHECK(ids.size() > 55);
}

TEST_CASE("sockets are bounded, and further questions wait for their turn") {
    std::atomic<int> open = 0;
    const ScriptedDns server([&](const DnsQueryView& query) {
        ++open;
        return Reactions{{.octets = good_reply(query), .delay = milliseconds(20)}};
    });
    DnsEngine engine({{server.address(), AdTrust::No}},
                     {.sockets = 4, .questions = 40, .patience = milliseconds(3000)});
    Answers answers;
    const auto start = steady_clock::now();
    for (int i = 0; i < 50; ++i) {
        engine.ask({"q" + std::to_string(i) + ".test", DnsType::Mx},
                   start + milliseconds(10'000),
                   answers.callback());
    }
    const auto got = answers.wait_for(50);
    REQUIRE(got.size() == 50);
    // 40 answers, four at a time, each after 20 ms.
    CHECK(steady_clock::now() - start >= milliseconds(200));
    std::map<std::string, int> troubles;
    for (const DnsAnswer& answer : got) {
        ++troubles[answer.trouble];
    }
    CHECK(troubles[""] >= 40);
    CHECK(troubles["overload"] <= 10);
    CHECK(troubles.size() <= 2);
}

TEST_CASE("one asker's silent names do not keep the others waiting") {
    const ScriptedDns server([](const DnsQueryView& query) {
        return query.name.starts_with("silent") ? Reactions{}
                                                : Reactions{{.octets = good_reply(query)}};
    });
    // They outlive the engine, which still waits when the test ends.
    Answers silent;
    DnsEngine engine({{server.address(), AdTrust::No}}, {.sockets = 64});
    const auto start = steady_clock::now();
    const auto until = start + milliseconds(2000);
    for (int i = 0; i < 5000; ++i) {
        engine.ask({"silent" + std::to_string(i) + ".test", DnsType::Mx},
                   {until, until, 1},
                   silent.callback());
    }
    for (std::uint64_t asker = 2; asker < 22; ++asker) {
        Answers answers;
        const auto asked = steady_clock::now();
        engine.ask({"good" + std::to_string(asker) + ".test", DnsType::Mx},
                   {asked + milliseconds(2000), asked + milliseconds(2000), asker},
                   answers.callback());
        const auto got = answers.wait_for(1);
        REQUIRE(got.size() == 1);
        CHECK(got[0].outcome == DnsOutcome::Found);
        CHECK(steady_clock::now() - asked < milliseconds(1000));
    }
    CHECK(silent.wait_for(5000).size() == 5000);
}

TEST_CASE("more silent names than sockets leave no name unasked") {
    std::mutex mutex;
    std::set<std::string> asked;
    const ScriptedDns server([&](const DnsQueryView& query) {
        const std::scoped_lock lock(mutex);
        asked.insert(query.name);
        return Reactions{};
    });
    // They outlive the engine, which still waits when the test ends.
    Answers answers;
    DnsEngine engine({{server.address(), AdTrust::No}},
                     {.sockets = 16, .patience = milliseconds(50)});
    for (int i = 0; i < 64; ++i) {
        engine.ask({"q" + std::to_string(i) + ".test", DnsType::Mx},
                   steady_clock::now() + milliseconds(5000),
                   answers.callback());
    }
    for (const DnsAnswer& answer : answers.wait_for(64)) {
        CHECK(answer.trouble == "timeout");
    }
    const std::scoped_lock lock(mutex);
    CHECK(asked.size() == 64);
}

TEST_CASE("what nobody waits for goes on while sockets are plenty, and no longer") {
    const ScriptedDns server([](const DnsQueryView& query) {
        return query.name.starts_with("silent")
                   ? Reactions{}
                   : Reactions{{.octets = good_reply(query), .delay = milliseconds(500)}};
    });
    // They outlive the engine, which still waits when the test ends.
    Answers few;
    Answers many;
    DnsEngine engine({{server.address(), AdTrust::No}},
                     {.sockets = 16, .patience = milliseconds(3000)});
    const auto start = steady_clock::now();
    const auto ask_until = [&](const std::string& name, Answers& answers) {
        engine.ask({name, DnsType::Mx},
                   {start + milliseconds(200), start + milliseconds(20'000), 1},
                   answers.callback());
    };
    ask_until("late.test", few);
    const auto late = few.wait_for(1);
    REQUIRE(late.size() == 1);
    CHECK(late[0].outcome == DnsOutcome::Found);
    for (int i = 0; i < 100; ++i) {
        ask_until("silent" + std::to_string(i) + ".test", many);
    }
    // Their time is over: those that never began are dropped, and the rest down to half of all.
    CHECK(many.wait_for(92, milliseconds(5000)).size() >= 92);
    CHECK(engine.counters().running <= 8);
}

TEST_CASE("waiting for a slow answer over TCP costs no time of the processor") {
    const ScriptedDns server([](const DnsQueryView& query) {
        return query.tcp ? Reactions{{.octets = good_reply(query), .delay = milliseconds(1500)}}
                         : Reactions{{.octets = truncated_reply(query)}};
    });
    DnsEngine engine({{server.address(), AdTrust::No}}, {.patience = milliseconds(3000)});
    const std::clock_t before = std::clock();
    CHECK(ask(engine, "slow.test").outcome == DnsOutcome::Found);
    const double seconds = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
    // Milliseconds; all of the 1.5 s when the socket is watched for room that it has.
    CHECK(seconds < 0.5);
}

TEST_CASE("destruction drops what is in flight, and calls nobody afterwards") {
    const ScriptedDns server([](const DnsQueryView& query) {
        return Reactions{{.octets = good_reply(query), .delay = milliseconds(50)}};
    });
    Answers answers;
    {
        DnsEngine engine = engine_at(server);
        for (int i = 0; i < 100; ++i) {
            engine.ask({"q" + std::to_string(i) + ".test", DnsType::Mx},
                       steady_clock::now() + milliseconds(5000),
                       answers.callback());
        }
    }
    const std::size_t before = answers.wait_for(0).size();
    CHECK(answers.wait_for(before + 1, milliseconds(150)).size() == before);
}

TEST_CASE("a real authoritative server is understood") {
    if (!support::NsdServer::is_installed()) {
        MESSAGE("skipped: nsd is not installed");
        return;
    }
    std::string zone =
        "$ORIGIN zone.test.\n$TTL 60\n@ SOA ns h 1 3600 600 86400 30\n@ NS ns\nns A 127.0.0.1\n"
        "two MX 20 b.two\ntwo MX 10 a.two\na.two A 198.41.0.4\na.two AAAA 2001:503:ba3e::2:30\n"
        "null MX 0 .\nalias CNAME two\nleaf.ent TXT x\n";
    for (int i = 0; i < 80; ++i) {
        zone += fmt::format("many MX {} a-rather-long-name-of-a-mail-exchanger-{}.many\n", i, i);
    }
    const support::NsdServer server("zone.test", zone);
    DnsEngine engine({{server.address(), AdTrust::Yes}});
    using mail::MxHost;
    CHECK(ask(engine, "two.zone.test").mx ==
          std::vector<MxHost>{{10, "a.two.zone.test"}, {20, "b.two.zone.test"}});
    CHECK(ask(engine, "alias.zone.test").mx.size() == 2);
    CHECK(ask(engine, "null.zone.test").mx == std::vector<MxHost>{{0, "."}});
    CHECK(ask(engine, "a.two.zone.test", DnsType::A).addresses.at(0).text() == "198.41.0.4");
    CHECK(ask(engine, "a.two.zone.test", DnsType::Aaaa).addresses.at(0).text() ==
          "2001:503:ba3e::2:30");
    CHECK(ask(engine, "many.zone.test").mx.size() == 80);
    CHECK(engine.counters().tcp == 1);
    const DnsAnswer no_data = ask(engine, "ent.zone.test");
    CHECK(no_data.outcome == DnsOutcome::NoData);
    CHECK(no_data.is_certain_no());
    CHECK(no_data.ttl == std::chrono::seconds(30));
    const DnsAnswer no_name = ask(engine, "absent.zone.test");
    CHECK(no_name.outcome == DnsOutcome::NoSuchName);
    CHECK(no_name.is_certain_no());
    CHECK(ask(engine, "elsewhere.test").trouble == "refused");
}

}  // namespace holdback::io::dns
