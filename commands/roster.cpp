#include <keenlance/core/selector.hpp>
#include <keenlance/core/text.hpp>

#include <commands/roster.hpp>
#include <fmt/core.h>

#include <algorithm>

namespace keenlance::quickctl {

namespace {

constexpr int most_logins = 3;

/// "db1:9001" of http://db1:9001/prefix, the path of a unix socket.
std::string label_of(const std::string& shown) {
    const auto scheme = shown.find("://");
    if (scheme == std::string::npos) return shown;
    std::string rest = shown.substr(scheme + 3);
    if (shown.starts_with("unix:")) return rest;
    rest = rest.substr(0, rest.find('/'));
    const auto user = rest.rfind('@');
    return user == std::string::npos ? rest : rest.substr(user + 1);
}

bool is_plain(const std::string& pattern) {
    return pattern.find_first_of(":*?[") == std::string::npos;
}

}  // namespace

Roster::Roster(Choice choice) : choice_(std::move(choice)), typed_(choice_.patterns) {
    for (const auto& shown : choice_.servers)
        servers_.push_back({.shown = shown, .label = label_of(shown), .processes = {}, .configs = {}});
    if (choice_.bare_name == BareName::process_or_group)
        for (auto& pattern : choice_.patterns)
            if (is_plain(pattern) && pattern != "all") pattern += ':';
}

FleetActions Roster::begin() {
    unanswered_ = servers_.size();
    FleetActions actions;
    for (std::size_t server = 0; server < servers_.size(); ++server)
        actions.push_back({server, ListProcesses{}});
    return actions;
}

std::optional<FleetActions> Roster::take(std::size_t server, const Fact& fact) {
    if (is_complete()) return std::nullopt;
    if (const auto* listed = std::get_if<ProcessesListed>(&fact)) return on_list(server, *listed);
    if (const auto* listed = std::get_if<ProcessConfigsListed>(&fact)) return on_configs(server, *listed);
    if (const auto* login = std::get_if<LoggedIn>(&fact)) return on_login(server, *login);
    return std::nullopt;
}

FleetActions Roster::on_list(std::size_t server, const ProcessesListed& listed) {
    if (!listed.processes) return ask_again(server, listed.processes.error());
    servers_[server].processes = *listed.processes;
    if (choice_.configs == Configs::needed) return {{server, ListConfigs{}}};
    ++there_;
    answered();
    return {};
}

FleetActions Roster::on_configs(std::size_t server, const ProcessConfigsListed& listed) {
    if (listed.configs)
        for (const auto& config : *listed.configs)
            servers_[server].configs[config.id] = config;
    // supervisord before 4.0 has no such call: the defaults do. Whatever else fails is seen by the next call.
    ++there_;
    answered();
    return {};
}

FleetActions Roster::on_login(std::size_t server, const LoggedIn& login) {
    if (login.status) return {{server, ListProcesses{}}};
    give_up(
        fmt::format("supervisord at {} wants a user and a password, and {}: give them with -u and -p, "
                    "in SUPERVISOR_USERNAME and SUPERVISOR_PASSWORD, or in the configuration",
                    servers_[server].shown, login.status.error().message));
    return {};
}

FleetActions Roster::ask_again(std::size_t server, const Error& error) {
    auto& asked = servers_[server];
    if (error.kind != ErrorKind::unauthorized) {
        give_up(error.message);
    } else if (choice_.terminal == AtTerminal::may_ask && asked.logins < most_logins) {
        ++asked.logins;
        return {{server, AskLogin{}}};
    } else {
        give_up(fmt::format(
            "supervisord at {} refuses user and password (HTTP {}), or wants some: give them with "
            "-u and -p, in SUPERVISOR_USERNAME and SUPERVISOR_PASSWORD, or in the configuration",
            asked.shown, error.code));
    }
    return {};
}

void Roster::give_up(const std::string& why) {
    complaints_.push_back(why);
    answered();
}

void Roster::answered() {
    if (--unanswered_ == 0) choose();
}

void Roster::choose() {
    std::vector<Namespec> ids;
    std::vector<std::pair<std::size_t, std::size_t>> places;
    for (std::size_t server = 0; server < servers_.size(); ++server)
        for (std::size_t i = 0; i < servers_[server].processes.size(); ++i) {
            ids.push_back(servers_[server].processes[i].id);
            places.emplace_back(server, i);
        }
    const auto selection = select(choice_.patterns, ids);
    for (const auto index : selection.chosen) {
        const auto [server, i] = places[index];
        const auto& info = servers_[server].processes[i];
        const auto config = servers_[server].configs.find(info.id);
        members_.push_back(
            {.server = server,
             .info = info,
             .config = config == servers_[server].configs.end() ? ProcessConfig{} : config->second,
             .title = title(server, info.id)});
    }
    if (there_ == 0) return;  // it is not the patterns' fault
    for (const auto& unmatched : selection.unmatched) {
        const auto place = std::ranges::find(choice_.patterns, unmatched) - choice_.patterns.begin();
        const auto& pattern = typed_[static_cast<std::size_t>(place)];
        const bool group = std::ranges::find(ids, pattern, &Namespec::group) != ids.end();
        complaints_.push_back(
            fmt::format("'{}' means no process{}", printable(pattern),
                        group ? fmt::format("; all of the group is '{}:'", printable(pattern)) : ""));
    }
}

std::string Roster::title(std::size_t server, const Namespec& id) const {
    return servers_.size() == 1 ? id.brief() : servers_[server].label + " " + id.brief();
}

std::string Roster::host(std::size_t server) const {
    const auto& label = servers_[server].label;
    if (label.starts_with('/')) return "localhost";
    const auto colon = label.rfind(':');
    const bool has_port = colon != std::string::npos && label.find(']', colon) == std::string::npos;
    return has_port ? label.substr(0, colon) : label;
}

std::int64_t Roster::listed_at(std::size_t server) const {
    const auto& processes = servers_[server].processes;
    return processes.empty() ? 0 : processes.front().now;
}

}  // namespace keenlance::quickctl
