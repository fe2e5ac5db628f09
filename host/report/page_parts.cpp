#include "host/report/page_parts.hpp"

#include <charconv>
#include <cmath>

#include "host/base/json.hpp"
#include "host/report/page_assets.hpp"
#include "host/report/table.hpp"

namespace cadre::report {

std::string escaped(std::string_view plain) {
  std::string text;
  for (const char c : plain) {
    switch (c) {
      case '&':
        text += "&amp;";
        break;
      case '<':
        text += "&lt;";
        break;
      case '>':
        text += "&gt;";
        break;
      case '"':
        text += "&quot;";
        break;
      case '\'':
        text += "&#39;";
        break;
      default:
        text += c;
    }
  }
  return text;
}

std::string signed_percent(double fraction, int digits) {
  const std::string text = percent(fraction, digits);
  return std::isfinite(fraction) && fraction > 0.0 ? "+" + text : text;
}

std::string tile(std::string_view label, const std::string& value, const std::string& below) {
  return "<div class=\"tile\"><div class=\"label\">" + escaped(label) + "</div><div class=\"value\">" +
         escaped(value) + "</div><div class=\"below\">" + escaped(below) + "</div></div>\n";
}

std::string plot(std::string_view id, std::string_view title, std::string_view about,
                 std::string_view extra) {
  return "<section class=\"plot\"><div class=\"heading\"><h2>" + std::string(title) + "</h2>" +
         std::string(extra) + "</div><p class=\"about\">" + std::string(about) +
         "</p><div class=\"canvas\"><canvas id=\"" + std::string(id) + "\" role=\"img\" aria-label=\"" +
         std::string(title) + "\"></canvas></div></section>\n";
}

std::string range_bar() {
  return "<nav class=\"range\" aria-label=\"Range of dates\"><span>Range</span>"
         "<button data-years=\"0\" class=\"on\">All</button><button data-years=\"5\">5 y</button>"
         "<button data-years=\"2\">2 y</button><button data-years=\"1\">1 y</button>"
         "<button data-shift=\"-1\" aria-label=\"Earlier\">&larr;</button>"
         "<button data-shift=\"1\" aria-label=\"Later\">&rarr;</button>"
         "<span id=\"range\"></span><span class=\"hint\">drag across a plot to zoom, double-click to "
         "reset</span></nav>\n"
         "<noscript><p>The plots need JavaScript; all figures below are readable without.</p></noscript>\n";
}

std::string row(std::string_view name, const std::string& first, const std::string& second) {
  return "<tr><th scope=\"row\">" + escaped(name) + "</th><td>" + escaped(first) + "</td><td>" +
         escaped(second) + "</td></tr>\n";
}

std::string row(std::string_view name, const std::string& value) {
  return "<tr><th scope=\"row\">" + escaped(name) + "</th><td>" + escaped(value) + "</td></tr>\n";
}

std::string list(std::string_view title, std::string_view kind, const std::vector<std::string>& lines) {
  if (lines.empty()) return "";
  std::string text = "<section class=\"" + std::string(kind) + "\"><h2>" + std::string(title) + "</h2><ul>\n";
  for (const std::string& line : lines)
    text += "<li>" + escaped(line) + "</li>\n";
  return text + "</ul></section>\n";
}

std::string page_document(std::string_view title, std::string_view header, std::string_view main,
                          std::string_view data, std::string_view script) {
  std::string page =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src "
      "'unsafe-inline'; "
      "style-src 'unsafe-inline'; img-src data:\">\n<meta name=\"color-scheme\" content=\"light "
      "dark\">\n<title>" +
      escaped(title) + "</title>\n<style>\n";
  page += page_style();
  page += "</style>\n</head>\n<body>\n<header>";
  page += header;
  page += "</header>\n<main>\n";
  page += main;
  page += "</main>\n<script type=\"application/json\" id=\"data\">";
  page += data;
  page += "</script>\n<script>";
  page += chart_script();
  page += "</script>\n<script>\n";
  page += plots_script();
  page += script;
  return page + "</script>\n</body>\n</html>\n";
}

void append_number(std::string& text, double value, int digits) {
  if (!std::isfinite(value)) {
    text += "null";
    return;
  }
  char number[40];
  const auto end =
      std::to_chars(number, number + sizeof number, value, std::chars_format::general, digits).ptr;
  text.append(number, end);
}

std::string script_string(const std::string& plain) {
  std::string text;
  for (const char c : base::quote(plain))
    text += c == '<' ? std::string("\\u003c") : std::string(1, c);
  return text;
}

}  // namespace cadre::report
