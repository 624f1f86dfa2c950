// ordered-startup-listener: starts supervisord's programs in the order of their dependencies. Takes the place
// of ordered-startup-supervisord and supervisord-dependent-startup.

#include <keenlance/core/server_choice.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/startup/plan_text.hpp>
#include <keenlance/system/find_config.hpp>
#include <keenlance/system/listener.hpp>
#include <keenlance/system/program.hpp>
#include <keenlance/system/rpc_supervisor.hpp>
#include <keenlance/system/system_clock.hpp>

#include <fcntl.h>
#include <fmt/core.h>
#include <listeners/ordered_startup/ordered_startup.hpp>
#include <listeners/ordered_startup/stop_in_order.hpp>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace {

using namespace keenlance;  // NOLINT(google-build-using-namespace)
using ordered_startup::WhenDone;
using startup::ErrorAction;

const std::string program_name = "ordered-startup-listener";

CommandLineSpec command_line() {
    CommandLineSpec spec;
    spec.program = program_name;
    spec.summary = "Starts programs of supervisord in the order of their dependencies.";
    spec.usage = "[OPTION]... [FILE]";
    spec.options = {
        {{"c", "config"},
         "FILE",
         "supervisord's configuration, also as an argument; default: that of the supervisord it runs under, "
         "or its search path"},
        {{"config-filename"}, "NAME", "look for a file of this name in supervisord's search path instead"},
        {{"error-action"},
         "ACTION",
         "what becomes of mistakes in the keys: exit (start nothing), skip (leave them out), ignore (leave "
         "them out, but start the programs of a cycle); default: skip"},
        {{"when-done"},
         "WHAT",
         "when all is there or given up: stay (and acknowledge events), exit (0 all there, 1 not), follow "
         "(restart those who wait for a program when it comes back); default: stay"},
        {{"plan"},
         "FORMAT",
         "print the plan as text, json or dot, start nothing and exit, 0 if it is sound, else 1",
         "text"},
        {{"start"},
         "",
         "from a shell: start in order what is down, also what was stopped by hand, and exit, 0 if all is "
         "there, "
         "else 1"},
        {{"stop"}, "", "from a shell: stop the programs of the plan in reverse, wave by wave, and exit"},
        {{"timeline"}, "FILE", "when done, draw what took how long into FILE (SVG), or into the log for -"},
        {{"log-file"}, "FILE", "log to the end of FILE instead of stderr"},
        {{"log-level"}, "LEVEL", "taken for compatibility, without effect: every line is logged"},
        {{"log-format"}, "FORMAT", "taken for compatibility, without effect"},
    };
    for (auto& option : notify_options())
        spec.options.push_back(std::move(option));
    spec.closing =
        "Keys of [program:x] (with autostart=false): startinorder, startnextafter; dependent_startup, "
        "dependent_startup_wait_for, dependent_startup_inherit_priority; keenlance_ready, "
        "keenlance_ready_interval, keenlance_start_timeout, keenlance_on_failure. See "
        "ordered-startup-listener(1).\n\n"
        "  [eventlistener:ordered-startup]\n"
        "  command=ordered-startup-listener\n"
        "  events=PROCESS_STATE\n"
        "  buffer_size=1024\n";
    return spec;
}

struct Request {
    ConfigChoice config;
    ErrorAction on_error = ErrorAction::skip;
    WhenDone when_done = WhenDone::stay;
    std::optional<std::string> plan_format;
    std::optional<std::string> timeline;
    std::optional<std::string> log_file;
    enum class Deed { listen, print_plan, start, stop } deed = Deed::listen;
    std::vector<std::string> warnings;
};

/// One of `words` as the enumerator of the same place.
template <class Choice>
Status choose(const ParsedOptions& options, std::string_view key, const std::vector<std::string>& words,
              Choice& choice) {
    const auto given = options.last(key);
    if (!given) return Done{};
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (to_lower(*given) != words[i]) continue;
        choice = static_cast<Choice>(i);
        return Done{};
    }
    return Error{ErrorKind::invalid, 0,
                 fmt::format("option '--{}': '{}' is none of {}", key, printable(*given), join(words, ", "))};
}

Result<Request> read_request(const ParsedOptions& options) {
    Request request;
    request.config.file = options.last("config");
    request.config.file_name = options.last("config-filename");
    const auto& files = options.arguments();
    if (!files.empty() && !request.config.file) request.config.file = files.front();
    if (files.size() > 1 || (!files.empty() && options.has("config")))
        return Error{ErrorKind::invalid, 0,
                     fmt::format("one configuration only: what is '{}'?", printable(files.back()))};
    if (auto status = choose(options, "error-action", {"exit", "skip", "ignore"}, request.on_error); !status)
        return status.error();
    if (auto status = choose(options, "when-done", {"stay", "exit", "follow"}, request.when_done); !status)
        return status.error();
    request.plan_format = options.last("plan");
    if (request.plan_format && *request.plan_format != "text" && *request.plan_format != "json" &&
        *request.plan_format != "dot")
        return Error{
            ErrorKind::invalid, 0,
            fmt::format("option '--plan': '{}' is none of text, json, dot", printable(*request.plan_format))};
    request.timeline = options.last("timeline");
    request.log_file = options.last("log-file");
    using Deed = Request::Deed;
    const std::vector<std::pair<const char*, Deed>> deeds{
        {"plan", Deed::print_plan}, {"start", Deed::start}, {"stop", Deed::stop}};
    for (const auto& [key, deed] : deeds) {
        if (!options.has(key)) continue;
        if (request.deed != Deed::listen)
            return Error{ErrorKind::invalid, 0, "only one of --plan, --start and --stop"};
        request.deed = deed;
    }
    for (const auto* const key : {"log-level", "log-format"})
        if (options.has(key))
            request.warnings.push_back(
                fmt::format("--{} is taken for compatibility, and has no effect", key));
    return request;
}

void tell(const std::vector<std::string>& lines) {
    for (const auto& line : lines)
        complain(program_name, line, 0);
}

int print_plan(const Request& request) {
    const auto files = read_chosen_config(request.config);
    if (!files) return complain(program_name, files.error().message, exit_code::not_reached);
    const auto plan = startup::make_plan(files->config, files->facts, request.on_error);
    if (!plan) return complain(program_name, plan.error().message, exit_code::not_reached);
    tell(files->warnings);
    tell(plan->warnings);
    tell(plan->problems);
    const std::string& format = *request.plan_format;
    const std::string text = format == "json"  ? startup::plan_json(*plan, files->files.front())
                             : format == "dot" ? startup::plan_dot(*plan)
                                               : startup::plan_text(*plan, files->files.front());
    if (const int failed = print(text); failed != 0) return failed;
    return plan->problems.empty() ? exit_code::done : exit_code::not_reached;
}

/// What is to be started or stopped from a shell, and where.
struct ByHandPlan {
    startup::Plan plan;
    ServerAddress server;
    std::string title;
};

std::string title_of(const ConfigFiles& files) {
    return fmt::format("ordered start on {}, {}", files.facts.host_node_name,
                       format_local_time(SystemClock().now()).substr(0, 19));
}

Result<ByHandPlan> plan_by_hand(const Request& request) {
    const auto files = read_chosen_config(request.config);
    if (!files) return files.error();
    auto plan = startup::make_plan(files->config, files->facts, request.on_error);
    if (!plan) return plan.error();
    tell(plan->problems);
    if (request.on_error == ErrorAction::exit && !plan->problems.empty())
        return Error{ErrorKind::invalid, 0, "nothing is done: --error-action exit"};
    // A configuration that is named says which supervisord is meant; under supervisord it is the one around
    // us.
    const bool around_us = !request.config.file && ::getenv("SUPERVISOR_SERVER_URL") != nullptr;
    auto server = around_us ? server_address_from_environment() : server_of(files->config, files->facts);
    if (!server) return server.error();
    return ByHandPlan{std::move(*plan), std::move(*server), title_of(*files)};
}

int start_in_order(const Request& request) {
    auto by_hand = plan_by_hand(request);
    if (!by_hand) return complain(program_name, by_hand.error().message, exit_code::environment);
    ordered_startup::Settings settings;
    settings.plan = std::move(by_hand->plan);
    settings.when_done = WhenDone::exit;
    settings.stopped = ordered_startup::Settings::Stopped::started;
    settings.unanswered = ordered_startup::Settings::Unanswered::end;
    settings.timeline = request.timeline;
    settings.title = by_hand->title;
    ordered_startup::OrderedStartup policy(std::move(settings));
    return run_command(policy, program_name, by_hand->server);
}

int stop_in_order(const Request& request) {
    auto by_hand = plan_by_hand(request);
    if (!by_hand) return complain(program_name, by_hand.error().message, exit_code::environment);
    ordered_startup::StopInOrder policy(std::move(by_hand->plan));
    return run_command(policy, program_name, by_hand->server);
}

Status log_to(const std::string& file) {
    const int fd = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0)
        return Error{ErrorKind::system, errno,
                     fmt::format("cannot log to {}: {}", file, std::strerror(errno))};
    ::dup2(fd, STDERR_FILENO);
    ::close(fd);
    return Done{};
}

int listen(const Request& request, ListenerSetup setup) {
    if (setup.purpose == ListenerSetup::Purpose::test) return test_channels(setup.delivery);
    if (request.log_file)
        if (const auto status = log_to(*request.log_file); !status)
            return complain(program_name, status.error().message, exit_code::environment);
    const auto files = read_chosen_config(request.config);
    if (!files) return complain(program_name, files.error().message, exit_code::environment);
    auto plan = startup::make_plan(files->config, files->facts, request.on_error);
    if (!plan) return complain(program_name, plan.error().message, exit_code::environment);
    setup.warnings = request.warnings;
    for (const auto& lines : {files->warnings, plan->warnings, plan->problems})
        setup.warnings.insert(setup.warnings.end(), lines.begin(), lines.end());
    ordered_startup::Settings settings;
    settings.self = own_namespec();
    settings.when_done = request.when_done;
    if (request.on_error == ErrorAction::exit && !plan->problems.empty()) {
        setup.warnings.emplace_back("nothing is started: --error-action exit");
        settings.refusal = exit_code::environment;
        settings.when_done = WhenDone::exit;
        plan->programs.clear();
    }
    settings.title = title_of(*files);
    settings.plan = std::move(*plan);
    settings.timeline = request.timeline;
    ordered_startup::OrderedStartup policy(std::move(settings));
    return run_listener(policy, setup);
}

}  // namespace

int main(int argc, char** argv) {
    const auto spec = command_line();
    const auto prepare = [](const ParsedOptions& options) -> Result<std::function<int()>> {
        auto request = read_request(options);
        if (!request) return request.error();
        ListenerSetup setup;
        setup.program = program_name;
        if (const auto read = read_notify_options(options, setup); !read) return read.error();
        return std::function<int()>(
            [request = std::move(*request), setup = std::move(setup)] { return listen(request, setup); });
    };
    const auto by_hand = [](const ParsedOptions& options) -> std::optional<int> {
        const auto request = read_request(options);
        if (!request) return std::nullopt;
        switch (request->deed) {
            case Request::Deed::print_plan:
                return print_plan(*request);
            case Request::Deed::start:
                return start_in_order(*request);
            case Request::Deed::stop:
                return stop_in_order(*request);
            case Request::Deed::listen:
                break;
        }
        return std::nullopt;
    };
    return run_listener_main(argc, argv, spec,
                             {"starts programs in the order of their dependencies", "", "PROCESS_STATE"},
                             prepare, by_hand);
}
