#pragma once
/// The looks of the picture of a timeline, apart from where things stand in it.

#include <string_view>

namespace keenlance::startup::drawing {

/// Blue against red and both in two shades of brightness: the pairs that colour-blind eyes tell apart. No CSS
/// variables, which rsvg and Inkscape do not know.
inline constexpr std::string_view style = R"svg(<style>
text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;fill:#1f2328}
.title{font-size:19px;font-weight:600}
.words{font-size:13px}
.path tspan{font-weight:700}
.tick,.note,.after,.legend{font-size:11px;fill:#59636e}
.tick{text-anchor:middle}
.after{text-anchor:end}
.note,.after{paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}
.name{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.back{fill:#fff}
.grid{stroke:#e4e8ec}
.wait{stroke:#8c959f;stroke-dasharray:1 3}
.starting{fill:#9fd0f0}
.ready{fill:#2b7fc0}
.failed .starting{fill:#ee8f86}
.failed .ready{fill:#c8252c}
.cross{fill:none;stroke:#59636e;stroke-width:2}
.failed .cross{stroke:#c8252c}
.failed .note{fill:#b01c24}
.skipped .name,.skipped .note{fill:#848d97}
.critical .edge{fill:none;stroke:#1f2328;stroke-width:2}
.critical .name,.critical .note{font-weight:700;fill:#1f2328}
.link{fill:none;stroke:#1f2328;stroke-width:1.5}
.head{fill:#1f2328}
.hatch{stroke:#fff;stroke-width:3}
@media (prefers-color-scheme:dark){
text,.critical .name,.critical .note{fill:#e6edf3}
.tick,.note,.after,.legend{fill:#9ba5b0}
.note,.after{stroke:#0d1117}
.back{fill:#0d1117}
.grid{stroke:#262c34}
.wait{stroke:#6e7781}
.starting{fill:#2c618c}
.ready{fill:#62b5f2}
.failed .starting{fill:#8a3531}
.failed .ready{fill:#ff7b6e}
.cross{stroke:#9ba5b0}
.failed .cross{stroke:#ff7b6e}
.failed .note{fill:#ff9488}
.skipped .name,.skipped .note{fill:#7d8590}
.critical .edge,.link{stroke:#e6edf3}
.head{fill:#e6edf3}
.hatch{stroke:#0d1117}
}
</style>
<defs><pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<path class="hatch" d="M0 0V7"/></pattern></defs>
)svg";

}  // namespace keenlance::startup::drawing
