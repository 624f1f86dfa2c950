// crashmailbatch: mails crashes of supervisord's processes, collected over an interval.

#include <listeners/batch_main.hpp>

int main(int argc, char** argv) {
    using keenlance::batch::Kind;
    return keenlance::batch::batch_main(
        argc, argv,
        {"crashmailbatch", Kind::crashes,
         "Mails the crashes of supervisord's processes, collected over an interval.",
         "Crash alert from supervisord", "mails crashes, collected over an interval"});
}
