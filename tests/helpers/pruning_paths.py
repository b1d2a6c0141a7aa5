"""Pruning paths as a fitted classifier has them."""


def stages(offset=0.0, sparsities=(0.0, 0.6, 0.9, 0.975)):
    return [
        {
            "stage": number,
            "sparsity": sparsity,
            "n_nonzero": round(10_000 * (1 - sparsity)),
            "macs": round(1e6 * (1 - sparsity)),
            "train_loss": 0.1,
            "train_losses": [0.2, 0.1],
            "train_score": 0.99 - 0.1 * sparsity + offset,
            "validation_recall": {"N": 0.99, "V": 0.9 - 0.2 * sparsity + offset},
        }
        for number, sparsity in enumerate(sparsities)
    ]
