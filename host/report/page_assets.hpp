#pragma once

#include <string_view>

/// Files embedded when the host was built.
namespace cadre::report {

std::string_view chart_script();  ///< Chart.js 3, minified
std::string_view page_script();   ///< page/page.js
std::string_view page_style();    ///< page/page.css

}  // namespace cadre::report
