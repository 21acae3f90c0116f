// SPDX-License-Identifier: Apache-2.0
#pragma once
// A report as one HTML file. Charts are inline SVG with tables beside them; there are no scripts
// and no external resources.

#include "report/summary.hpp"

#include <string>

namespace holdback::report {

[[nodiscard]] std::string html_report(const Summary& summary);

}  // namespace holdback::report
