"""From recorded talks to a judge: collect, annotate, build, finetune, evaluate, export."""
