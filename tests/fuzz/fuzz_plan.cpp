// Any bytes as the configuration of an ordered start: whatever comes out has to be a sound graph.

#include <keenlance/core/config.hpp>
#include <keenlance/startup/keys.hpp>
#include <keenlance/startup/plan.hpp>
#include <keenlance/startup/plan_text.hpp>

#include <tests/fuzz/targets.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace keenlance::fuzz {

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void check(const startup::Plan& plan) {
    for (const auto& program : plan.programs) {
        require(!program.processes.empty() && program.ready.size() == program.processes.size());
        require(program.starter == startup::Starter::plan || program.waits_for.empty() ||
                program.starter == startup::Starter::nobody);
        for (const auto& dependency : program.waits_for) {
            require(!dependency.goals.empty() && !dependency.processes.empty() &&
                    !dependency.programs.empty());
            for (const auto on : dependency.programs) {
                require(on < plan.programs.size());
                const auto& other = plan.programs[on];
                if (other.starter == startup::Starter::plan && program.starter == startup::Starter::plan)
                    require(other.wave < program.wave);
            }
        }
    }
    std::size_t started = 0;
    for (const auto& wave : plan.waves()) {
        require(!wave.empty());
        started += wave.size();
    }
    for (const auto& program : plan.programs)
        if (program.starter == startup::Starter::plan) --started;
    require(started == 0);
    require(startup::plan_text(plan, "a.conf").ends_with('\n'));
    require(startup::plan_json(plan, "a.conf").starts_with('{'));
    require(startup::plan_dot(plan).ends_with("}\n"));
}

}  // namespace

void plan(std::string_view input) {
    (void)startup::parse_wait_for(input);
    (void)startup::parse_state_goal(input);
    std::string text = "[supervisord]\n";
    text.append(input);
    const auto config = parse_config(text, "a.conf", ConfigDialect::since_python_3_13);
    if (!config) return;
    for (const auto on_error : {startup::ErrorAction::skip, startup::ErrorAction::ignore})
        if (const auto made = startup::make_plan(*config, {"/etc", "host", {}}, on_error)) check(*made);
}

}  // namespace keenlance::fuzz

#ifdef KEENLANCE_FUZZING
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    keenlance::fuzz::plan({reinterpret_cast<const char*>(data), size});
    return 0;
}
#endif
