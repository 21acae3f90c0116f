// SPDX-License-Identifier: Apache-2.0
#include "mail/unicode_text.hpp"

#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/idna.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/uidna.h>
#include <unicode/utypes.h>

namespace holdback::mail {

namespace {

icu::StringPiece piece_of(std::string_view text) {
    return {text.data(), static_cast<std::int32_t>(text.size())};
}

/// ICU fails only by mistakes of ours or for lack of memory: it takes all well-formed UTF-8.
void expect_success(UErrorCode status) {
    if (U_FAILURE(status) != 0) {
        throw std::bad_alloc();
    }
}

std::string composed(std::string_view text) {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* const form = icu::Normalizer2::getNFCInstance(status);
    expect_success(status);
    std::string result;
    icu::StringByteSink<std::string> sink(&result);
    form->normalizeUTF8(0, piece_of(text), sink, nullptr, status);
    expect_success(status);
    return result;
}

}  // namespace

std::optional<std::string> mapped_domain(std::string_view name) {
    UErrorCode status = U_ZERO_ERROR;
    // The options of Postfix (midna_domain.c): neither the Bidi rule nor contextual rules.
    static const std::unique_ptr<const icu::IDNA> idna(
        icu::IDNA::createUTS46Instance(UIDNA_NONTRANSITIONAL_TO_ASCII, status));
    expect_success(status);
    std::string result;
    icu::StringByteSink<std::string> sink(&result);
    icu::IDNAInfo info;
    idna->nameToASCII_UTF8(piece_of(name), sink, info, status);
    expect_success(status);
    if (info.hasErrors() != 0 || result.empty()) {
        return std::nullopt;
    }
    return result;
}

std::string lower_and_composed(std::string_view text) {
    UErrorCode status = U_ZERO_ERROR;
    std::string small;
    icu::StringByteSink<std::string> sink(&small);
    // The root locale: two texts that are one address must be so wherever we run.
    icu::CaseMap::utf8ToLower("", 0, piece_of(composed(text)), sink, nullptr, status);
    expect_success(status);
    return composed(small);
}

}  // namespace holdback::mail
