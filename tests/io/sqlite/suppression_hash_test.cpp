// SPDX-License-Identifier: Apache-2.0
// Suppression entries that keep a keyed hash in place of the address.
#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_schema.hpp"
#include "io/sqlite/sqlite_suppressions.hpp"
#include "io/system/hash_key.hpp"
#include "mail/address.hpp"
#include "mail/syntax.hpp"
#include "ports/suppression_store.hpp"
#include "terms/suppression.hpp"
#include "tests/support/temp_dir.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace {

using namespace std::chrono_literals;
using holdback::core::TimePoint;
using holdback::io::system::IfAbsent;
using holdback::io::system::load_key;
using holdback::terms::SubjectForm;
using holdback::terms::SubjectKind;
using holdback::terms::SuppressionEntry;

constexpr TimePoint kNow{1'700'000'000'000ms};

holdback::ports::LearnEvent event_of(std::string_view name) {
    return {.names = {std::string(name)}, .provider = "example.net", .at = kNow};
}

struct House {
    holdback::support::TempDir directory;
    std::string key_path = directory.file("hash.key");
    holdback::io::sqlite::Database database{{.path = directory.file("holdback.db"),
                                             .migrations = holdback::io::sqlite::schema_steps()}};
    holdback::io::sqlite::SqliteSuppressions store{
        database, {.learned_form = SubjectForm::Hashed, .hash_key = key_path}};

    [[nodiscard]] holdback::core::Result<std::vector<holdback::ports::SuppressionLookup>,
                                         holdback::ports::StoreError>
    look_up(std::string_view text) {
        const auto parsed = holdback::mail::Address::parse(text, holdback::mail::Smtputf8::Yes);
        REQUIRE(parsed.has_value());
        const std::array addresses{parsed->value};
        return store.look_up(addresses, holdback::mail::NullSender{}, kNow);
    }
};

SuppressionEntry hashed(SubjectKind kind, std::string subject) {
    SuppressionEntry made;
    made.kind = kind;
    made.subject = std::move(subject);
    made.form = SubjectForm::Hashed;
    made.first_seen = kNow;
    made.last_seen = kNow;
    made.diagnostic = "550 <bo@secret.example> is unknown";
    return made;
}

std::string octets_of(const std::filesystem::path& path) {
    const std::ifstream file(path, std::ios::binary);
    std::ostringstream octets;
    octets << file.rdbuf();
    return octets.str();
}

}  // namespace

TEST_CASE("a hashed entry holds back its mailbox, domain or suffix and names nobody") {
    House house;
    REQUIRE(house.store.put(hashed(SubjectKind::Address, "bo@secret.example")).has_value());
    REQUIRE(house.store.put(hashed(SubjectKind::Domain, "hidden.example")).has_value());
    REQUIRE(house.store.put(hashed(SubjectKind::Suffix, ".covert.example")).has_value());
    CHECK(house.look_up("BO@secret.example")->front().address.has_value());
    CHECK_FALSE(house.look_up("cy@secret.example")->front().address.has_value());
    CHECK(house.look_up("x@hidden.example")->front().domain.has_value());
    CHECK_FALSE(house.look_up("x@sub.hidden.example")->front().domain.has_value());
    CHECK(house.look_up("x@a.b.covert.example")->front().domain.has_value());

    const holdback::terms::SuppressionKey bo{.subject = "bo@secret.example", .scope = {}};
    const auto found = house.store.find(bo);
    REQUIRE(found.value().has_value());
    const SuppressionEntry entry = found.value().value();
    CHECK(entry.form == SubjectForm::Hashed);
    CHECK(entry.subject.size() == 33);
    CHECK(entry.subject.starts_with('#'));
    CHECK(entry.diagnostic.empty());

    for (const auto& file : std::filesystem::directory_iterator(house.directory.path())) {
        const std::string octets = octets_of(file.path());
        for (const std::string_view name : {"secret.example", "hidden.example", "covert.example"}) {
            CHECK_FALSE(octets.contains(name));
        }
    }
    CHECK(std::filesystem::status(house.key_path).permissions() ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));

    SUBCASE("it can be removed by the address") {
        CHECK(house.store.remove(bo).value());
        CHECK_FALSE(house.look_up("bo@secret.example")->front().address.has_value());
    }
    SUBCASE("it can be removed by the text under which it is shown") {
        CHECK(house.store.remove(entry.key()).value());
        CHECK_FALSE(house.store.find(bo).value().has_value());
    }
    SUBCASE("an entry that names the address takes its place") {
        SuppressionEntry named = hashed(SubjectKind::Address, "bo@secret.example");
        named.form = SubjectForm::Plain;
        REQUIRE(house.store.put(named).has_value());
        CHECK(house.store.find(bo).value() == named);
        CHECK(house.store.counts(kNow).value().entries == 3);
    }
    SUBCASE("the list walks over all of them") {
        int seen = 0;
        REQUIRE(house.store
                    .list({},
                          kNow,
                          [&](const SuppressionEntry& one) {
                              ++seen;
                              return one.form == SubjectForm::Hashed;
                          })
                    .has_value());
        CHECK(seen == 3);
    }
}

TEST_CASE("what is learned is hashed when the settings say so, and stays as it is") {
    House house;
    const auto strike = [](const std::optional<SuppressionEntry>& old) {
        SuppressionEntry next = old.value_or(SuppressionEntry{});
        ++next.strikes;
        next.diagnostic = "550 <bo@secret.example>";
        return std::optional(next);
    };
    const holdback::terms::SuppressionKey bo{.subject = "bo@secret.example", .scope = {}};
    CHECK(house.store.learn(bo, event_of("1"), strike).value());
    CHECK(house.store.learn(bo, event_of("2"), strike).value());
    const auto entry = house.store.find(bo).value();
    REQUIRE(entry.has_value());
    CHECK(entry->strikes == 2);
    CHECK(entry->form == SubjectForm::Hashed);
    CHECK(entry->diagnostic.empty());
    CHECK(house.store.counts(kNow).value().entries == 1);
}

TEST_CASE("without its key, or with another one, hashed entries are an error and not forgotten") {
    House house;
    REQUIRE(house.store.put(hashed(SubjectKind::Address, "bo@secret.example")).has_value());
    std::filesystem::rename(house.key_path, house.key_path + ".away");
    holdback::io::sqlite::SqliteSuppressions other(house.database, {.hash_key = house.key_path});
    const holdback::terms::SuppressionKey bo{.subject = "bo@secret.example", .scope = {}};

    const auto absent = other.find(bo);
    REQUIRE_FALSE(absent.has_value());
    CHECK(absent.error().what.contains("hash.key"));
    CHECK_FALSE(other.put(hashed(SubjectKind::Address, "cy@secret.example")).has_value());
    CHECK_FALSE(std::filesystem::exists(house.key_path));

    std::ofstream(house.key_path) << "short";
    CHECK(other.find(bo).error().what.contains("32 octets"));

    std::filesystem::remove(house.key_path);
    REQUIRE(load_key(house.key_path, IfAbsent::Make).has_value());
    CHECK(other.find(bo).error().what.contains("not the key"));

    std::filesystem::rename(house.key_path + ".away", house.key_path);
    CHECK(other.find(bo).value().has_value());
}

TEST_CASE("a key is made once") {
    const holdback::support::TempDir directory;
    const std::string path = directory.file("a.key");
    CHECK_FALSE(load_key(path, IfAbsent::Fail).has_value());
    const auto made = load_key(path, IfAbsent::Make);
    REQUIRE(made.has_value());
    CHECK(load_key(path, IfAbsent::Make).value() == *made);
    CHECK(load_key(path, IfAbsent::Fail).value() == *made);
    CHECK(std::distance(std::filesystem::directory_iterator(directory.path()), {}) == 1);
    CHECK_FALSE(load_key(directory.file("no/such/directory"), IfAbsent::Make).has_value());
}
