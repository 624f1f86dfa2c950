// fatalmailbatch: mails failed starts of supervisord's processes, collected over an interval.

#include <listeners/batch_program.hpp>

int main(int argc, char** argv) {
    using keenlance::batch::Kind;
    return keenlance::batch::run_batch_program(
        argc, argv,
        {"fatalmailbatch", Kind::fatals,
         "Mails the failed starts (FATAL) of supervisord's processes, collected.",
         "Fatal start alert from supervisord", "mails failed starts, collected over an interval"});
}
