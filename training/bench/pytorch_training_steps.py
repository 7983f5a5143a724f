"""PyTorch's half of the training benchmark: one training step for each line of standard input."""

import os
import sys

os.environ["CUDA_VISIBLE_DEVICES"] = ""

import timm  # noqa: E402
import torch  # noqa: E402
from training_steps import serve_steps  # noqa: E402

batch_size, size = int(sys.argv[1]), int(sys.argv[2])
frozen_prefixes = tuple(filter(None, sys.argv[3].split(",")))

torch.manual_seed(1)
model = timm.create_model("efficientnet_b0", num_classes=7).to(memory_format=torch.channels_last)
model.train()
for name, module in model.named_modules():
    if frozen_prefixes and name.startswith(frozen_prefixes):
        # As Keras does: neither weights nor statistics of a frozen layer move.
        module.eval()
for name, parameter in model.named_parameters():
    parameter.requires_grad = not (frozen_prefixes and name.startswith(frozen_prefixes))
trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
optimizer = torch.optim.AdamW(trained, lr=1e-4, weight_decay=0.02, foreach=True)
loss_function = torch.nn.CrossEntropyLoss(label_smoothing=0.05)
images = torch.randint(0, 256, (batch_size, 3, size, size)).float().to(memory_format=torch.channels_last)
labels = torch.randint(0, 7, (batch_size,))


def step():
    optimizer.zero_grad(set_to_none=True)
    loss = loss_function(model(images / 255), labels)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(trained, 5)
    optimizer.step()


serve_steps(torch.__version__, step)
