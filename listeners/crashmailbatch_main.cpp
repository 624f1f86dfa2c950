// crashmailbatch: mails crashes of supervisord's processes, collected over an interval.

#include <listeners/batch_program.hpp>

int main(int argc, char** argv) {
    using keenlance::batch::Kind;
    return keenlance::batch::run_batch_program(
        argc, argv,
        {"crashmailbatch", Kind::crashes,
         "Mails the crashes of supervisord's processes, collected over an interval.",
         "Crash alert from supervisord", "mails crashes, collected over an interval"});
}
