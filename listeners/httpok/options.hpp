#pragma once
/// What httpok's command line says. Pure: files are read by whoever calls.

#include <keenlance/core/options.hpp>
#include <keenlance/core/result.hpp>

#include <listeners/httpok/httpok.hpp>

#include <functional>
#include <string>

namespace keenlance::httpok {

/// The whole text of a file; an Error names it.
using FileReader = std::function<Result<std::string>(const std::string& path)>;

/// All but `self`. Error `invalid` names the option, or file and line, and the mend.
Result<Settings> read_settings(const ParsedOptions& options, const FileReader& read_file);

}  // namespace keenlance::httpok
