// SPDX-License-Identifier: Apache-2.0
#pragma once
// A report as one HTML file: charts as inline SVG with their tables beside them, no scripts, and
// nothing from outside.

#include "report/summary.hpp"

#include <string>

namespace holdback::report {

[[nodiscard]] std::string html_report(const Summary& summary);

}  // namespace holdback::report
