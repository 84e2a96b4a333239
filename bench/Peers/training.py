"""A training step as an ordinary script has it: v-prediction, clipped gradients, AdamW and a moving average."""
import copy

import torch
import torch.nn.functional as F


class Training:
    def __init__(self, model, layout, batch, tuned):
        self.network = copy.deepcopy(model.network).train()
        self.average = copy.deepcopy(model.network).requires_grad_(False)
        self.layout, self.batch, self.tuned = layout, batch, tuned
        config = model.config
        self.images = torch.rand(2000, config["channels"], config["imageSize"], config["imageSize"]) * 2 - 1
        self.labels = torch.randint(config["classes"], (2000,))
        self.none = config["classes"]
        self.bars = torch.tensor(model.bars, dtype=torch.float32)
        # in PyTorch 1.13 foreach must be asked for
        self.optimizer = torch.optim.AdamW(self.network.parameters(), lr=1e-4, weight_decay=0.0, foreach=tuned)

    def step(self):
        chosen = torch.randint(len(self.images), (self.batch,))
        clean, labels = self.images[chosen], self.labels[chosen]
        labels = torch.where(torch.rand(self.batch) < 0.1, self.none, labels)
        t = torch.randint(1, len(self.bars), (self.batch,))
        alpha, sigma = self.bars[t].sqrt()[:, None, None, None], (1 - self.bars[t]).sqrt()[:, None, None, None]
        noise = torch.randn_like(clean)
        noisy = (alpha * clean + sigma * noise).contiguous(memory_format=self.layout)
        loss = F.mse_loss(self.network(noisy, t - 1, labels), alpha * noise - sigma * clean)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.follow(0.999)
        return loss.item()

    @torch.no_grad()
    def follow(self, decay):
        averaged, current = list(self.average.parameters()), list(self.network.parameters())
        if self.tuned:
            torch._foreach_mul_(averaged, decay)
            torch._foreach_add_(averaged, current, alpha=1 - decay)
            return
        for a, p in zip(averaged, current):
            a.mul_(decay).add_(p, alpha=1 - decay)
