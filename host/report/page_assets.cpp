#include "host/report/page_assets.hpp"

#include "host/base/embed.hpp"

CADRE_EMBED(cadre_chart_js, CADRE_CHART_JS);
CADRE_EMBED(cadre_plots_js, CADRE_PLOTS_JS);
CADRE_EMBED(cadre_page_js, CADRE_PAGE_JS);
CADRE_EMBED(cadre_experiment_js, CADRE_EXPERIMENT_JS);
CADRE_EMBED(cadre_page_css, CADRE_PAGE_CSS);

namespace cadre::report {

std::string_view chart_script() {
  return {cadre_chart_js_begin, cadre_chart_js_end};
}

std::string_view plots_script() {
  return {cadre_plots_js_begin, cadre_plots_js_end};
}

std::string_view page_script() {
  return {cadre_page_js_begin, cadre_page_js_end};
}

std::string_view experiment_script() {
  return {cadre_experiment_js_begin, cadre_experiment_js_end};
}

std::string_view page_style() {
  return {cadre_page_css_begin, cadre_page_css_end};
}

}  // namespace cadre::report
