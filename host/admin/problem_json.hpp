#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "host/admin/http_message.hpp"
#include "host/base/problem.hpp"
#include "host/control/host_control.hpp"

namespace cadre::admin {

/// application/problem+json (RFC 9457): type (urn:cadre:problem:WORD), title, status, detail, and the
/// problems when there are some. An empty detail is taken from the first problem.
Response problem_response(unsigned status, std::string_view word, std::string detail,
                          const base::Problems& problems = {});

/// 500, for what a handler throws: it never should. Logged.
Response handler_failure(std::string_view what);

/// 200 to 202 with the body as it is; else a problem, to which the members of the body are added.
Response response_to(const live::Answer& answer);

}  // namespace cadre::admin
