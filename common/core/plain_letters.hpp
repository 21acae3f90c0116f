// SPDX-License-Identifier: Apache-2.0
#pragma once
// Letters without their marks, for texts that are compared: many people and machines leave them
// out.

#include <string>

namespace holdback::core {

/// Appends a small letter as UTF-8, without its marks. Latin and Greek letters lose their marks (an
/// e with an acute accent is e, a sharp s is ss, a final sigma is a sigma); of Cyrillic ones only
/// "yo" does, since elsewhere a mark makes another letter. A combining mark is dropped behind a
/// Latin or Greek letter, and makes the short i and the yi behind theirs. Full-width letters and
/// digits become plain ones. Other characters stay as they are.
void append_plain(std::string& word, char32_t letter);

}  // namespace holdback::core
