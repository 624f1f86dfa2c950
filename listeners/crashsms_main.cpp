// crashsms: mails crashes in few words, for gateways that make short messages of mails.

#include <listeners/batch_program.hpp>

int main(int argc, char** argv) {
    using keenlance::batch::Kind;
    return keenlance::batch::run_batch_program(
        argc, argv,
        {"crashsms", Kind::short_crashes,
         "Mails the crashes of supervisord's processes in few words, for SMS gateways.", "",
         "mails crashes in few words, for SMS gateways"});
}
