// SPDX-License-Identifier: Apache-2.0
#pragma once
// Letters without their marks, to compare texts: many people and machines leave the marks out.

#include <string>

namespace holdback::core {

/// Appends a small letter as UTF-8, without its marks. Latin and Greek letters lose their marks (an
/// e with an acute accent is e, a sharp s is ss, a final sigma is a sigma). Of the Cyrillic letters
/// only "yo" does, since a mark on others makes another letter. Combining marks are dropped, except
/// that they make a Cyrillic short i and yi. Full-width letters and digits become plain ones. Other
/// characters stay as they are.
void append_plain(std::string& word, char32_t letter);

}  // namespace holdback::core
