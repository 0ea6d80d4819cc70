"""How a simulation is solved; nobody outside `pharmacology` needs to look in here. Begin at `concentrations`.

concentrations      which of the two ways a subject goes, and the levels either way
general             any linear model, exactly, a stretch between two events at a time
timeline            one person's record: steady states in closed form, looks before a dose, parameters that change
modes, kernels      models of the common shape, exactly and fast, many subjects side by side; `records` are what they
                    hand on, `vector_math` is their exp
changing            the common shape for subjects whose parameters change over time, many at once
indirect_response   effects that build up and fade by themselves
exposure            peak, its time, area and hours above a level of every curve
counting            the spread of any number of values in fixed memory
runner              a long work in parts, here or on a cluster

It stands on `dosing` and `models`; `simulation`, `buildup` and `population` call it.
"""
