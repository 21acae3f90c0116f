// SPDX-License-Identifier: Apache-2.0
#include "io/settings/user_senders_file.hpp"

#include "config/sender_logins.hpp"
#include "config/settings.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/syntax.hpp"
#include "tests/support/temp_dir.hpp"

#include <fstream>
#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace holdback::io::settings {

namespace {

mail::EnvelopeSender sender_of(std::string_view text) {
    return mail::Address::parse(text, mail::Smtputf8::No)->value;
}

}  // namespace

TEST_CASE("files of users and their senders are read, and each mistake has its place") {
    const support::TempDir base;
    const std::string good = fmt::format("{}/good", base.path());
    const std::string bad = fmt::format("{}/bad", base.path());
    std::ofstream(good) << "ann ann@x.test\n";
    std::ofstream(bad) << "ann @x.test\nbob\n# fine\ncarl carl\n";
    config::OutgoingSettings settings;
    CHECK(load_user_senders(settings)->sources().empty());

    settings.sender_logins = {"file:" + good, "postfix"};
    const auto logins = load_user_senders(settings);
    REQUIRE(logins.has_value());
    REQUIRE(logins->sources().size() == 1);
    CHECK(logins->sources().front()->name == "file:" + good);
    CHECK(logins->right_of("ann", sender_of("ann@x.test")) == config::SenderRight::Permitted);
    CHECK(logins->right_of("ann", sender_of("bob@x.test")) == config::SenderRight::Forbidden);

    settings.sender_logins = {"file:" + bad, "file:" + good + "-absent"};
    const auto errors = load_user_senders(settings);
    REQUIRE_FALSE(errors.has_value());
    REQUIRE(errors.error().size() == 3);
    CHECK(errors.error()[0].text().starts_with(bad + ":2: user \"bob\" has no sender"));
    CHECK(errors.error()[1].text().starts_with(bad + ":4: \"carl\" is no sender"));
    CHECK(errors.error()[2].text().starts_with(good + "-absent: cannot read: "));
}

TEST_CASE("a file of 10 MB is read, and one of more than 16 MiB is not") {
    const support::TempDir base;
    const std::string path = fmt::format("{}/large", base.path());
    config::OutgoingSettings settings;
    settings.sender_logins = {"file:" + path};
    {
        std::ofstream file(path);
        for (int i = 0; i < 250'000; ++i) {
            file << fmt::format("user{0} user{0}@customers.example\n", i);
        }
    }
    const auto logins = load_user_senders(settings);
    REQUIRE(logins.has_value());
    CHECK(logins->right_of("user249999", sender_of("user249999@customers.example")) ==
          config::SenderRight::Permitted);
    CHECK(logins->right_of("user7", sender_of("user8@customers.example")) ==
          config::SenderRight::Forbidden);
    std::string longer;
    longer.resize(17'000'000, '\n');
    std::ofstream(path) << longer;
    const auto errors = load_user_senders(settings);
    REQUIRE_FALSE(errors.has_value());
    CHECK(errors.error().front().text() == path + ": cannot read: larger than 16 MiB");
}

}  // namespace holdback::io::settings
