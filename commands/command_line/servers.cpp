#include <keenlance/core/server_choice.hpp>
#include <keenlance/system/find_config.hpp>

#include <commands/command_line/servers.hpp>

#include <cstdlib>
#include <optional>

namespace keenlance::command_line {

namespace {

struct Credentials {
    std::string user, password;
};

void fill_missing(ServerAddress& server, const Credentials& credentials) {
    if (server.user.empty()) server.user = credentials.user;
    if (server.password.empty()) server.password = credentials.password;
}

/// Nothing where neither variable is set; set and empty, it says that there is no login.
std::optional<Credentials> from_environment() {
    const char* user = std::getenv("SUPERVISOR_USERNAME");
    const char* password = std::getenv("SUPERVISOR_PASSWORD");
    if (user == nullptr && password == nullptr) return std::nullopt;
    return Credentials{user == nullptr ? "" : user, password == nullptr ? "" : password};
}

void override_by_options(ServerAddress& server, const ParsedOptions& options) {
    if (const auto user = options.last("username")) server.user = *user;
    if (const auto password = options.last("password")) server.password = *password;
}

Error no_configuration(Error error) {
    error.kind = ErrorKind::system;
    return error;
}

/// What [supervisorctl] says of user and password, for a server that -s names.
Result<Credentials> from_configuration(const ParsedOptions& options) {
    const auto named = options.last("configuration");
    const auto files = read_chosen_config({named, std::nullopt});
    if (!files) {
        if (named) return no_configuration(files.error());
        return Credentials{};
    }
    const auto login = login_of(files->config, files->facts);
    if (!login) {
        if (named) return no_configuration(login.error());
        return Credentials{};
    }
    return Credentials{login->user, login->password};
}

}  // namespace

std::vector<OptionSpec> server_options() {
    return {
        {{"c", "configuration"}, "FILE", "supervisord's configuration; default: supervisorctl's search path"},
        {{"s", "serverurl"},
         "URL",
         "where supervisord listens: http://HOST:PORT or unix:///PATH; several times for several servers"},
        {{"u", "username"}, "NAME", "user name for the server"},
        {{"p", "password"},
         "PASSWORD",
         "password for the server; better in SUPERVISOR_PASSWORD or the configuration"},
    };
}

Result<std::vector<ServerAddress>> servers_of(const ParsedOptions& options) {
    std::vector<ServerAddress> servers;
    for (const auto& url : options.all("serverurl")) {
        auto server = parse_server_address(url);
        if (!server) return Error{ErrorKind::invalid, 0, "option '-s': " + server.error().message};
        servers.push_back(std::move(*server));
    }
    if (!servers.empty()) {
        const auto environment = from_environment();
        const auto login = environment ? Result<Credentials>(*environment) : from_configuration(options);
        if (!login) return login.error();
        for (auto& server : servers) {
            fill_missing(server, *login);
            override_by_options(server, options);
        }
        return servers;
    }
    const auto files = read_chosen_config({options.last("configuration"), std::nullopt});
    if (!files) return no_configuration(files.error());
    auto server = server_of(files->config, files->facts);
    if (!server) return no_configuration(server.error());
    fill_missing(*server, from_environment().value_or(Credentials{}));
    override_by_options(*server, options);
    return std::vector{std::move(*server)};
}

}  // namespace keenlance::command_line
