#pragma once
/// Where a supervisord listens, by its own configuration. Pure.

#include <keenlance/core/config.hpp>
#include <keenlance/core/config_values.hpp>
#include <keenlance/core/export.hpp>
#include <keenlance/core/result.hpp>
#include <keenlance/core/server_address.hpp>

namespace keenlance {

/// [supervisorctl] serverurl=, username=, password= as supervisorctl has them (supervisor/options.py
/// ClientOptions); where there is no serverurl, [unix_http_server] file= or [inet_http_server] port= with
/// theirs, so that it works without a [supervisorctl] section too. A password that is kept as {SHA}… there
/// cannot be sent. Error `invalid` where none of them is configured, or one is no address.
KEENLANCE_API Result<ServerAddress> server_of(const Config& config, const ConfigFacts& facts);

/// Only user and password of [supervisorctl], for a server that is named otherwise; empty where they are not
/// given, the URL of the result always.
KEENLANCE_API Result<ServerAddress> login_of(const Config& config, const ConfigFacts& facts);

}  // namespace keenlance
