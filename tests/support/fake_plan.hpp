#pragma once
/// Plans out of a few lines of configuration.

#include <keenlance/core/config.hpp>
#include <keenlance/startup/plan.hpp>

#include <support/catch.hpp>

#include <string>

namespace keenlance {

inline startup::Plan plan_of(const std::string& programs,
                             startup::ErrorAction on_error = startup::ErrorAction::skip) {
    auto config = parse_config("[supervisord]\n" + programs, "a.conf", ConfigDialect::since_python_3_13);
    INFO((config ? "" : config.error().message));
    REQUIRE(config);
    auto plan = startup::make_plan(*config, {"/etc", "host1", {}}, on_error);
    INFO((plan ? "" : plan.error().message));
    REQUIRE(plan);
    return std::move(*plan);
}

}  // namespace keenlance
