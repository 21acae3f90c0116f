// SPDX-License-Identifier: Apache-2.0
#include "letters/notice_ways.hpp"

#include "core/safe_text.hpp"
#include "letters/notice.hpp"
#include "letters/notice_texts.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace holdback::letters {

namespace {

constexpr std::size_t kMostNamed = 10;

std::string contact_of(const NoticeFacts& facts, const NoticeTexts& texts) {
    return facts.contact.empty() ? texts.say(NoticeText::Administrator,
                                             {{"address", core::one_line(facts.postmaster)}})
                                 : core::one_line(facts.contact);
}

void add_sentence(std::string& text, std::string sentence) {
    text += text.empty() ? std::move(sentence) : fmt::format(" {}", sentence);
}

/// "Ask …, and name the items 17, 18."
std::string ask(const NoticeFacts& facts, const NoticeTexts& texts) {
    std::vector<std::int64_t> items;
    for (const NoticeRow& row : facts.rows) {
        if (items.size() < kMostNamed) {
            items.push_back(row.item);
        }
    }
    const NoticeText all = items.size() == 1 ? NoticeText::AskOne : NoticeText::AskMany;
    const NoticeText text = facts.rows.size() > items.size() ? NoticeText::AskMore : all;
    return texts.say(text,
                     {{"contact", contact_of(facts, texts)},
                      {"items", fmt::format("{}", fmt::join(items, ", "))}});
}

/// The numbers of the rows that an answer can, or cannot, release.
std::vector<std::size_t> numbers_of(const NoticeFacts& facts, bool can_release) {
    std::vector<std::size_t> numbers;
    for (std::size_t i = 0; i < facts.rows.size(); ++i) {
        if (facts.rows[i].can_release == can_release) {
            numbers.push_back(i + 1);
        }
    }
    return numbers;
}

void offer_releases(const NoticeFacts& facts,
                    const NoticeTexts& texts,
                    const std::vector<std::size_t>& numbers,
                    std::size_t now,
                    std::vector<NoticeOffer>& offers) {
    if (now == 0) {
        return;
    }
    if (facts.rows.size() == 1) {
        offers.push_back({texts.say(NoticeText::WantOne), "release 1"});
        return;
    }
    // The second of two numbers; the first and the third of more.
    const std::size_t last = std::min<std::size_t>(numbers.size(), 3) - 1;
    const std::string some = now > 1 && last > 1
                                 ? fmt::format("release {} {}", numbers.front(), numbers[last])
                                 : fmt::format("release {}", numbers[last]);
    offers.push_back({texts.say(NoticeText::WantSome), some});
    if (now == numbers.size()) {
        offers.push_back({texts.say(numbers.size() == facts.rows.size() ? NoticeText::WantAll
                                                                        : NoticeText::WantRest),
                          "release all"});
    }
}

/// Offers the first suggestion, to show how to accept one.
void offer_suggestion(const NoticeFacts& facts,
                      const NoticeTexts& texts,
                      std::vector<NoticeOffer>& offers) {
    const auto shown = std::span(facts.rows).first(std::min(facts.rows.size(), kMostNoticeRows));
    const auto row = std::ranges::find_if(
        shown, [](const NoticeRow& each) { return each.can_release && !each.suggestion.empty(); });
    if (row != shown.end()) {
        offers.push_back(
            {texts.say(NoticeText::WantAs),
             fmt::format(
                 "release {} as {}", row - shown.begin() + 1, core::one_line(row->suggestion))});
    }
}

void offer_discards(const NoticeFacts& facts,
                    const NoticeTexts& texts,
                    std::vector<NoticeOffer>& offers) {
    if (facts.rows.size() == 1) {
        offers.push_back({texts.say(NoticeText::WantDropOne), "discard 1"});
    } else {
        offers.push_back({texts.say(NoticeText::WantDropSome),
                          facts.rows.size() == 2 ? "discard 1" : "discard 2"});
    }
}

std::string budget_sentence(const NoticeFacts& facts,
                            const NoticeTexts& texts,
                            std::size_t wanted,
                            std::size_t now) {
    const std::string budget = texts.recipients(facts.budget.count);
    const std::string window = texts.duration(facts.budget.window);
    if (now == wanted) {
        return texts.say(NoticeText::Budget, {{"recipients", budget}, {"window", window}});
    }
    if (now == 0) {
        return texts.say(NoticeText::BudgetNone, {{"budget", budget}, {"window", window}});
    }
    return texts.say(NoticeText::BudgetSome,
                     {{"recipients", texts.recipients(now)},
                      {"budget", budget},
                      {"window", window},
                      {"contact", contact_of(facts, texts)}});
}

}  // namespace

NoticeWays notice_ways(const NoticeFacts& facts, const NoticeTexts& texts) {
    NoticeWays ways;
    if (!facts.by_answer) {
        ways.otherwise = fmt::format("{} {}", texts.say(NoticeText::Program), ask(facts, texts));
        return ways;
    }
    const std::vector<std::size_t> numbers = numbers_of(facts, true);
    const std::size_t now = std::min(numbers.size(), facts.left);
    offer_releases(facts, texts, numbers, now, ways.offers);
    if (now > 0) {
        offer_suggestion(facts, texts, ways.offers);
    }
    offer_discards(facts, texts, ways.offers);
    ways.how = texts.say(NoticeText::Answer);
    if (!facts.only_user.empty()) {
        add_sentence(ways.how,
                     texts.say(NoticeText::OnlyUser, {{"user", core::one_line(facts.only_user)}}));
    }
    if (!facts.only_sender.empty()) {
        add_sentence(
            ways.how,
            texts.say(NoticeText::OnlySender, {{"sender", core::one_line(facts.only_sender)}}));
    }
    if (!numbers.empty()) {
        add_sentence(ways.how, budget_sentence(facts, texts, numbers.size(), now));
    }
    if (now == 0 && !numbers.empty()) {
        ways.otherwise = ask(facts, texts);
    }
    const std::vector<std::size_t> others = numbers_of(facts, false);
    if (!others.empty()) {
        const auto named = std::min(others.size(), kMostNamed);
        add_sentence(
            ways.otherwise,
            texts.say(NoticeText::NotReleasable,
                      {{"numbers",
                        fmt::format("{}{}",
                                    fmt::join(others.begin(),
                                              others.begin() + static_cast<std::ptrdiff_t>(named),
                                              ", "),
                                    others.size() > named ? ", ..." : "")},
                       {"contact", contact_of(facts, texts)}}));
    }
    return ways;
}

}  // namespace holdback::letters
