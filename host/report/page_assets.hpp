#pragma once

#include <string_view>

/// Files embedded when the host was built.
namespace cadre::report {

std::string_view chart_script();       ///< Chart.js 3, minified
std::string_view plots_script();       ///< page/plots.js: what the plots of all pages share
std::string_view page_script();        ///< page/page.js: the page of a run
std::string_view experiment_script();  ///< page/experiment.js: the page of an experiment
std::string_view page_style();         ///< page/page.css

}  // namespace cadre::report
